# SPDX-License-Identifier: GPL-2.0-only
"""The record of pins itself, compiled as a program with what it takes of a kernel."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.delivery.proof.scratch import instrument

HEADERS = (
    *("debugfs", "err", "init", "module", "seq_file", "spinlock", "string", "uaccess", "uio"),
)
KERNEL = r"""
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#define PAGE_SIZE 4096L
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DEFINE_RAW_SPINLOCK(name) int name
#define raw_spin_lock_irqsave(lock, flags) (void)(flags = 0)
#define raw_spin_unlock_irqrestore(lock, flags) (void)flags
#define IS_ERR_OR_NULL(p) (!(p))
#define READ_ONCE(x) (x)
#define cmpxchg(at, old, new) __sync_val_compare_and_swap(at, old, new)
#define EXPORT_SYMBOL(name)
#define late_initcall(name) int (*called)(void) = name
#define notrace
#define __init
#define __user
#define EINVAL 22
#define THIS_MODULE 0
#define GUP_PROVE_KERNEL "k"
#define GUP_PROVE_EXTRACTS
struct page { int n; };
struct iov_iter { long at; };
struct inode;
struct file;
struct seq_file;
struct file_operations {
	int owner;
	int (*open)(struct inode *, struct file *);
	int read, llseek, release;
	ssize_t (*write)(struct file *, const char *, size_t, loff_t *);
};
enum { seq_read, seq_lseek, single_release };
static char _stext[1];
static struct page pages[16], *all[16];
static inline struct page *compound_head(struct page *page) { return page; }
static inline unsigned long page_to_pfn(struct page *page) { return page - pages; }
static inline void seq_puts(struct seq_file *m, const char *text) { fputs(text, stdout); }
static inline void seq_printf(struct seq_file *m, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
}
static inline int single_open(struct file *f, int (*show)(struct seq_file *, void *), void *v)
{
	return 0;
}
static inline void debugfs_create_file(const char *n, int m, void *a, void *b, const void *c) {}
static inline int copy_from_user(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return 0;
}
static inline void iov_iter_revert(struct iov_iter *iter, size_t size) { iter->at -= size; }
static int unpinned;
static inline void unpin_user_page(struct page *page) { unpinned++; }
"""
DECLARED = (
    "ssize_t gup_prove_extracted(struct gup_prove_site *, struct iov_iter *, struct page **,"
    " ssize_t, size_t);\n"
)
MAIN = r"""
#include "gup_prove.c"

static struct gup_prove_site taken = { .file = "a.c", .line = 1 };
static struct gup_prove_site given = { .file = "a.c", .line = 2 };

static void set(const char *text) { gup_prove_write(NULL, text, strlen(text), NULL); }

/* So many pins of `count` pages, which are all given back. */
static void pin(int times, int count)
{
	int got;

	for (; times; times--) {
		got = gup_prove_fails(&taken) ? -14 : gup_prove_acquired(&taken, all, count);
		printf("%d ", got);
		if (got > 0)
			gup_prove_released(&given, all, got);
	}
}

int main(void)
{
	struct iov_iter iter = { 9000 };
	int i;

	for (i = 0; i < 16; i++)
		all[i] = &pages[i];
	RUN
	return 0;
}
"""


def run(folder: Path, code: str) -> str:
    """What the record prints when a program does `code`."""
    data = Path(instrument.__file__).parent / "data"
    header = (data / "gup_prove.h").read_text()
    for name, text in {"{extracts}": DECLARED, "{one}": "unpin_user_page"}.items():
        header = header.replace(name, text)
    for name in ("linux", "asm"):
        (folder / name).mkdir()
    for name in HEADERS:
        (folder / f"linux/{name}.h").touch()
    (folder / "asm/sections.h").touch()
    (folder / "linux/mm.h").write_text(KERNEL + header)
    (folder / "gup_prove.c").write_bytes((data / "gup_prove.c").read_bytes())
    (folder / "main.c").write_text(MAIN.replace("RUN", code))
    argv = ["gcc", "-w", "-I.", "-o", "program", "main.c"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return subprocess.run(
        [str(folder / "program")], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ('set("short 2"); pin(4, 3);', "2 3 2 3 "),
        ('set("fail 3"); pin(5, 3);', "-14 3 3 -14 3 "),
        # A single page is never one of fewer, and does not count.
        ('set("short 2"); pin(2, 1); pin(2, 3);', "1 1 2 3 "),
        # The next exercise begins with its own first one.
        ('set("short 2"); pin(1, 3); set("short 2"); pin(1, 3);', "2 2 "),
        ('set("fail 3"); pin(2, 3); set("fail 3"); pin(2, 3);', "-14 3 -14 3 "),
        ('set("short 2"); set("short 0"); set("fail 0"); pin(2, 3);', "3 3 "),
    ],
)
def test_which_pins_are_short_and_which_fail(tmp_path: Path, code: str, printed: str) -> None:
    assert run(tmp_path, code) == printed


def test_pins_are_paired_with_their_releases(tmp_path: Path) -> None:
    shown = run(tmp_path, "gup_prove_acquired(&taken, all, 5); gup_prove_released(&given, all, 3);"
                "gup_prove_released(&given, all + 7, 1); gup_prove_show(NULL, NULL);")  # fmt: skip
    assert shown.splitlines() == [
        *("RELEASE a.c 2 2 4", "ACQUIRE a.c 1 1 5"),
        *("PAIR a.c 1 a.c 2 3 0", "PAIR - 0 a.c 2 1 0"),
        *("HELD a.c 1 2", "KERNEL k", "SUM 2 0"),
    ]


@pytest.mark.parametrize(
    ("knob", "iterator", "bytes_and_rest"),
    [
        # 100 bytes into the first of three pages; without the last of them there are 8092.
        ("short 0", "&iter", "8500 9000 0 3"),
        ("short 2", "&iter", "8092 8592 1 2"),
        # One that had not moved stays where it is.
        ("short 2", "NULL", "8092 9000 1 2"),
    ],
)
def test_an_iterator_goes_back_over_what_it_lost(
    tmp_path: Path, knob: str, iterator: str, bytes_and_rest: str
) -> None:
    extracted = f"gup_prove_extracted(&taken, {iterator}, all, 8500, 100)"
    shown = run(tmp_path, f'set("{knob}"); printf("%zd ", {extracted});'
                'printf("%ld %d %lu", iter.at, unpinned, held);')  # fmt: skip
    assert shown == bytes_and_rest
