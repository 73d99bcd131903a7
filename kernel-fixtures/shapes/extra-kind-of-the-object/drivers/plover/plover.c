// SPDX-License-Identifier: GPL-2.0-only
/* Two names of an enum are one number. */
#include <linux/device.h>

enum plover_kind {
	PLOVER_NONE,
	PLOVER_KERNEL = 2,
	PLOVER_USER = 2,
};

struct plover {
	unsigned int count;
	enum plover_kind kind;
	struct page **pages;
};

void plover_free(struct plover *plover)
{
	unsigned int i;

	if (plover->kind == PLOVER_USER)
		for (i = 0; i < plover->count; i++)
			put_page(plover->pages[i]); /* release: plover */
	kfree(plover->pages);
	kfree(plover);
}

struct plover *plover_new(char *kernel, unsigned long start, unsigned int count)
{
	struct plover *plover = kzalloc(sizeof(*plover), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!plover || !pages)
		goto free;
	plover->kind = PLOVER_NONE;
	plover->pages = pages;
	if (kernel) {
		plover->kind = PLOVER_KERNEL;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: plover */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: plover */
			goto free;
		}
		plover->kind = PLOVER_USER;
	}
	plover->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return plover;
free:
	kfree(pages);
	kfree(plover);
	return NULL;
}
