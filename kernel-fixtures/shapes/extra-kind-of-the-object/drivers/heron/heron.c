// SPDX-License-Identifier: GPL-2.0-only
/* The object says by a bit whose its pages are. */
#include <linux/device.h>

#define HERON_KERNEL 0x1
#define HERON_USER (1 << 1)
#define HERON_WRITTEN 0x4

struct heron {
	unsigned int count;
	unsigned int flags;
	struct page **pages;
};

void heron_free(struct heron *heron)
{
	unsigned int i;

	if (heron->flags & HERON_USER)
		for (i = 0; i < heron->count; i++)
			put_page(heron->pages[i]); /* release: heron */
	kfree(heron->pages);
	kfree(heron);
}

struct heron *heron_new(char *kernel, unsigned long start, unsigned int count)
{
	struct heron *heron = kzalloc(sizeof(*heron), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!heron || !pages)
		goto free;
	heron->flags = 0;
	heron->pages = pages;
	if (kernel) {
		heron->flags = HERON_KERNEL | HERON_WRITTEN;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: heron */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: heron */
			goto free;
		}
		heron->flags = HERON_USER | HERON_WRITTEN;
	}
	heron->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return heron;
free:
	kfree(pages);
	kfree(heron);
	return NULL;
}
