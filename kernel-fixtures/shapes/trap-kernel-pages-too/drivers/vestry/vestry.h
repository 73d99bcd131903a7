/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VESTRY_H
#define VESTRY_H

#include <linux/mm.h>

struct vestry_shm {
	struct page **pages;
	int nr;
	void *kaddr;
	unsigned int flags;
};

#define VESTRY_USER 1
#define VESTRY_KERNEL 2

void vestry_release(struct vestry_shm *shm);

#endif
