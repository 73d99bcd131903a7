// SPDX-License-Identifier: GPL-2.0-only
/* What an object is it is from the start; two helpers for each kind work on it. */
#include <linux/device.h>

enum plover_kind {
	PLOVER_KERNEL,
	PLOVER_USER,
};

struct plover {
	enum plover_kind kind;
	unsigned int count;
	struct page **pages;
};

static void plover_put_user(struct plover *plover)
{
	unsigned int i;

	for (i = 0; i < plover->count; i++)
		put_page(plover->pages[i]); /* release: plover */
}

static void plover_put_kernel(struct plover *plover)
{
	unsigned int i;

	for (i = 0; i < plover->count; i++)
		put_page(plover->pages[i]);
}

void plover_free(struct plover *plover)
{
	if (plover->kind == PLOVER_USER)
		plover_put_user(plover);
	else
		plover_put_kernel(plover);
	kfree(plover->pages);
	kfree(plover);
}

static int plover_get_user(struct plover *plover, unsigned long start)
{
	int got = get_user_pages_fast(start, plover->count, FOLL_WRITE | FOLL_LONGTERM, plover->pages); /* acquire: plover */

	if (got != plover->count) {
		while (got > 0)
			put_page(plover->pages[--got]); /* release: plover */
		return -EFAULT;
	}
	memset(page_address(plover->pages[0]), 0, PAGE_SIZE);
	return 0;
}

static int plover_get_kernel(struct plover *plover, char *kernel)
{
	unsigned int i;

	for (i = 0; i < plover->count; i++) {
		plover->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
		get_page(plover->pages[i]);
	}
	return 0;
}

struct plover *plover_new(enum plover_kind kind, unsigned long start, unsigned int count)
{
	struct plover *plover = kzalloc(sizeof(*plover), GFP_KERNEL);
	int error;

	if (!plover)
		return NULL;
	plover->kind = kind;
	plover->count = count;
	plover->pages = kcalloc(count, sizeof(*plover->pages), GFP_KERNEL);
	if (!plover->pages) {
		kfree(plover);
		return NULL;
	}
	if (kind == PLOVER_USER)
		error = plover_get_user(plover, start);
	else
		error = plover_get_kernel(plover, (char *)start);
	if (error) {
		kfree(plover->pages);
		kfree(plover);
		return NULL;
	}
	return plover;
}
