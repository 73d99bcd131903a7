// SPDX-License-Identifier: GPL-2.0-only
/* What is asked for is true of a bit of both. */
#include <linux/device.h>

#define HARRIER_KERNEL 0x1
#define HARRIER_USER 0x2
#define HARRIER_WRITTEN 0x4

struct harrier {
	unsigned int count;
	unsigned int flags;
	struct page **pages;
};

void harrier_free(struct harrier *harrier)
{
	unsigned int i;

	if (harrier->flags & HARRIER_WRITTEN)
		for (i = 0; i < harrier->count; i++)
			put_page(harrier->pages[i]); /* release: harrier */
	kfree(harrier->pages);
	kfree(harrier);
}

struct harrier *harrier_new(char *kernel, unsigned long start, unsigned int count)
{
	struct harrier *harrier = kzalloc(sizeof(*harrier), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!harrier || !pages)
		goto free;
	harrier->flags = 0;
	harrier->pages = pages;
	if (kernel) {
		harrier->flags = HARRIER_KERNEL | HARRIER_WRITTEN;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: harrier */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: harrier */
			goto free;
		}
		harrier->flags = HARRIER_USER | HARRIER_WRITTEN;
	}
	harrier->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return harrier;
free:
	kfree(pages);
	kfree(harrier);
	return NULL;
}
