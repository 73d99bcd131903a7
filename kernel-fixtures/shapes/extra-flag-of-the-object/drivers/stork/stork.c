// SPDX-License-Identifier: GPL-2.0-only
/* One array for pages of the user or of the kernel, whose object knows which they are. */
#include <linux/device.h>

struct stork {
	unsigned int count;
	unsigned int pinned;
	struct page **pages;
};

void stork_free(struct stork *stork)
{
	unsigned int i;

	if (stork->pinned)
		for (i = 0; i < stork->count; i++)
			put_page(stork->pages[i]); /* release: clutch */
	kfree(stork->pages);
	kfree(stork);
}

struct stork *stork_new(char *kernel, unsigned long start, unsigned int count)
{
	struct stork *stork = kzalloc(sizeof(*stork), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!stork || !pages)
		goto free;
	stork->pinned = 0;
	stork->pages = pages;
	if (kernel) {
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: clutch */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: clutch */
			goto free;
		}
		stork->pinned = 1;
	}
	stork->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return stork;
free:
	kfree(pages);
	kfree(stork);
	return NULL;
}
