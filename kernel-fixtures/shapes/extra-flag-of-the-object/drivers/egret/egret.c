// SPDX-License-Identifier: GPL-2.0-only
/* The same, but what it says is of both kinds. */
#include <linux/device.h>

struct egret {
	unsigned int count;
	unsigned int pinned;
	struct page **pages;
};

void egret_free(struct egret *egret)
{
	unsigned int i;

	if (egret->pinned)
		for (i = 0; i < egret->count; i++)
			put_page(egret->pages[i]); /* release: brood */
	kfree(egret->pages);
	kfree(egret);
}

struct egret *egret_new(char *kernel, unsigned long start, unsigned int count)
{
	struct egret *egret = kzalloc(sizeof(*egret), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!egret || !pages)
		goto free;
	egret->pinned = 0;
	egret->pages = pages;
	if (kernel) {
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: brood */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: brood */
			goto free;
		}
	}
	egret->count = count;
	egret->pinned = 1;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return egret;
free:
	kfree(pages);
	kfree(egret);
	return NULL;
}
