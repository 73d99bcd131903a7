/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exercise has. It is one function, int exercise_NAME(void), which runs in
 * a process of its own as root and returns done(), failed() or lacking(). It is run
 * several times: as it is, then with pins that get fewer pages than were asked for
 * (the first of several pages that it has taken, the third, and so on), with pins
 * that fail (the first, the fourth, and so on), and with more or fewer allocations
 * that fail. plain() says whether it is the first time; only what comes back then
 * counts.
 */
#ifndef EXERCISE_H
#define EXERCISE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL

int done(void);
/* Something did not work, with errno behind it; printf's format. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The kernel has not got what the exercise needs. */
int lacking(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool plain(void);
/*
 * From here on no allocation of this process fails: for one who only serves the
 * exercise, and where this kernel takes no failure.
 */
void allocations_succeed(void);

/* So many pages of memory that are there, at an address that nobody else has. */
char *pages_of_memory(size_t count);
/* Write `text` to the file `path`; 0, or -1 with errno. */
int put_text(const char *path, const char *text);
/* Run this program again with `argv`, which does nothing; its exit code, -1 for none. */
int run_nothing(char *const argv[]);
#endif
