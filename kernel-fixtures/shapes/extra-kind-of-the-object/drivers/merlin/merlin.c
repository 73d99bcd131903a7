// SPDX-License-Identifier: GPL-2.0-only
/* The object says by a bit whose its pages are. */
#include <linux/device.h>

#define MERLIN_KERNEL 0x1
#define MERLIN_USER (1 << 1)
#define MERLIN_WRITTEN 0x4

struct merlin {
	unsigned int count;
	unsigned int flags;
	struct page **pages;
};

void merlin_free(struct merlin *merlin)
{
	unsigned int i;

	if (merlin->flags & MERLIN_USER)
		for (i = 0; i < merlin->count; i++)
			put_page(merlin->pages[i]); /* release: merlin */
	kfree(merlin->pages);
	kfree(merlin);
}

struct merlin *merlin_new(char *kernel, unsigned long start, unsigned int count)
{
	struct merlin *merlin = kzalloc(sizeof(*merlin), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!merlin || !pages)
		goto free;
	merlin->flags = 0;
	merlin->pages = pages;
	if (kernel) {
		merlin->flags = MERLIN_KERNEL | MERLIN_WRITTEN;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: merlin */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: merlin */
			goto free;
		}
		merlin->flags = MERLIN_USER | MERLIN_WRITTEN;
	}
	merlin->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return merlin;
free:
	kfree(pages);
	kfree(merlin);
	return NULL;
}
