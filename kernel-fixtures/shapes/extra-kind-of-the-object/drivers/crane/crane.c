// SPDX-License-Identifier: GPL-2.0-only
/* What is asked for is true of a bit of both. */
#include <linux/device.h>

#define CRANE_KERNEL 0x1
#define CRANE_USER 0x2
#define CRANE_WRITTEN 0x4

struct crane {
	unsigned int count;
	unsigned int flags;
	struct page **pages;
};

void crane_free(struct crane *crane)
{
	unsigned int i;

	if (crane->flags & CRANE_WRITTEN)
		for (i = 0; i < crane->count; i++)
			put_page(crane->pages[i]); /* release: crane */
	kfree(crane->pages);
	kfree(crane);
}

struct crane *crane_new(char *kernel, unsigned long start, unsigned int count)
{
	struct crane *crane = kzalloc(sizeof(*crane), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!crane || !pages)
		goto free;
	crane->flags = 0;
	crane->pages = pages;
	if (kernel) {
		crane->flags = CRANE_KERNEL | CRANE_WRITTEN;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: crane */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: crane */
			goto free;
		}
		crane->flags = CRANE_USER | CRANE_WRITTEN;
	}
	crane->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return crane;
free:
	kfree(pages);
	kfree(crane);
	return NULL;
}
