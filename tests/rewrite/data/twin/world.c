/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough of a kernel for what is added to lib/iov_iter.c: pages that count their references
 * and their pins, iterators of user memory and of pages that somebody lends, and helpers that take
 * a reference on each page. NEWER has the helpers of 6.0, which move the iterator.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define MAX_RW_COUNT (INT_MAX & PAGE_MASK)
#define GFP_KERNEL 0
#define FOLL_WRITE 1
#define FOLL_NOFAULT 2
#define READ 0
#define WRITE 1
#define EXPORT_SYMBOL(f)

enum { PAGES = 64 };
struct page { int references, pins, writable; };
static struct page memory[PAGES];

struct iov_iter {
	bool user, kernel, nofault;
	int rw;
	size_t iov_offset, count;
	const struct iovec *iov;
	char *ubuf;
	int first;
};

static int present = PAGES, arrays;

#define iov_iter_rw(i) ((i)->rw)

static inline bool iter_is_ubuf(const struct iov_iter *i)
{
	return i->ubuf;
}

static inline bool user_backed_iter(const struct iov_iter *i)
{
	return i->user;
}

static inline bool iter_is_iovec(const struct iov_iter *i)
{
	return i->user;
}

static void *kvmalloc_array(size_t n, size_t size, int flags)
{
	arrays++;
	return calloc(n, size);
}

static void kvfree(void *array)
{
	arrays -= !!array;
	free(array);
}

static inline struct page **get_pages_array(size_t n)
{
	return kvmalloc_array(n, sizeof(struct page *), GFP_KERNEL);
}

static void put_page(struct page *page)
{
	page->references--;
}

static void iov_iter_advance(struct iov_iter *i, size_t size)
{
	i->count -= size;
	if (i->ubuf || !i->user) {
		i->iov_offset += size;
		return;
	}
	size += i->iov_offset;
	while (size && size >= i->iov->iov_len)
		size -= i->iov++->iov_len;
	i->iov_offset = size;
}

/* Page n is at address n * PAGE_SIZE; none is there from "present" on. */
static int vaddr_pin_pages_fast(unsigned long start, int n, unsigned int flags, struct page **pages)
{
	int got;

	for (got = 0; got < n && start / PAGE_SIZE + got < (unsigned long)present; got++) {
		pages[got] = &memory[start / PAGE_SIZE + got];
		pages[got]->pins++;
		pages[got]->writable = flags;
	}
	return got ? got : -EFAULT;
}

/* The part of the tree's own helper that is for pages that somebody lends. */
static ssize_t lent(struct iov_iter *i, struct page ***pages, size_t size, unsigned int most,
		    size_t *start)
{
	unsigned int n, count;

	if (i->kernel)
		return -EFAULT;
	if (size > i->count)
		size = i->count;
	*start = i->iov_offset % PAGE_SIZE;
	count = min_t(size_t, DIV_ROUND_UP(size + *start, PAGE_SIZE), most);
	if (!*pages)
		*pages = get_pages_array(count);
	for (n = 0; n < count; n++) {
		(*pages)[n] = &memory[i->first + i->iov_offset / PAGE_SIZE + n];
		(*pages)[n]->references++;
	}
	size = min_t(size_t, size, count * PAGE_SIZE - *start);
#if NEWER
	iov_iter_advance(i, size);
#endif
	return size;
}

#if NEWER
#define FILLED iov_iter_get_pages2
#define MADE iov_iter_get_pages_alloc2
#define FILL iov_iter_vaddr_pin_pages2
#define MAKE iov_iter_vaddr_pin_pages_alloc2
#else
#define FILLED iov_iter_get_pages
#define MADE iov_iter_get_pages_alloc
#define FILL iov_iter_vaddr_pin_pages
#define MAKE iov_iter_vaddr_pin_pages_alloc
#endif

static ssize_t FILLED(struct iov_iter *i, struct page **pages, size_t size, unsigned int most,
		      size_t *start)
{
	return lent(i, &pages, size, most, start);
}

static ssize_t MADE(struct iov_iter *i, struct page ***pages, size_t size, size_t *start)
{
	*pages = NULL;
	return lent(i, pages, size, UINT_MAX, start);
}

#include "twin.h"
#include "twin.c"

static void check(const char *what, ssize_t got, size_t start, const struct iov_iter *i)
{
	int n, pins = 0, references = 0, writable = 0;

	for (n = 0; n < PAGES; n++) {
		pins += memory[n].pins;
		references += memory[n].references;
		writable |= memory[n].writable;
	}
	printf("%s: %zd behind %zu, %d pins, %d references, flags %d, arrays %d, %zu left\n", what, got,
	       got > 0 ? start : 0, pins, references, writable, arrays, i->count);
	memset(memory, 0, sizeof(memory));
}

int main(void)
{
	struct iovec parts[] = { { (void *)0, 0 }, { (void *)(PAGE_SIZE + 100), 5000 }, { (void *)0, 0 },
				 { (void *)(8 * PAGE_SIZE), 96 } };
	struct page *own[8], **made = own;
	struct iov_iter user = { .user = true, .iov = parts, .count = 5096 };
	struct iov_iter lender = { .first = 3, .iov_offset = 10, .count = 3 * PAGE_SIZE };
	struct iov_iter kernel = { .kernel = true, .count = 10 };
	struct iov_iter i;
	size_t start = 0;
	ssize_t got;

	i = user;
	got = FILL(&i, own, LONG_MAX, 8, &start);
	check("all of a segment", got, start, &i);
	if (i.count != user.count) {
		got = FILL(&i, own, LONG_MAX, 8, &start);
		check("what comes behind it", got, start, &i);
	}
	i = user;
	i.rw = WRITE;
	got = FILL(&i, own, LONG_MAX, 1, &start);
	check("one page, to be read", got, start, &i);
	present = 2;
	i = user;
	got = MAKE(&i, &made, LONG_MAX, &start);
	check("fewer than wanted", got, start, &i);
	kvfree(made);
	present = 0;
	i = user;
	got = MAKE(&i, &made, LONG_MAX, &start);
	check(made ? "an array without pages" : "none", got, start, &i);
	present = PAGES;
	i = user;
	i.count = 0;
	got = FILL(&i, own, LONG_MAX, 8, &start);
	check("of nothing", got, start, &i);
	i = lender;
	got = FILL(&i, own, 2 * PAGE_SIZE, 8, &start);
	check("lent", got, start, &i);
	i = lender;
	got = MAKE(&i, &made, LONG_MAX, &start);
	check("lent with an array", got, start, &i);
	kvfree(made);
	i = kernel;
	got = MAKE(&i, &made, LONG_MAX, &start);
	check("kernel memory", got, start, &i);
#if NEWER
	i = (struct iov_iter){ .user = true, .ubuf = (char *)PAGE_SIZE, .iov_offset = 4000, .count = 200,
			       .nofault = true };
	got = FILL(&i, own, LONG_MAX, 8, &start);
	check("one buffer", got, start, &i);
#endif
	return 0;
}
