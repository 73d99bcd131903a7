// SPDX-License-Identifier: GPL-2.0-only
/* Two names of an enum are one number. */
#include <linux/device.h>

enum osprey_kind {
	OSPREY_NONE,
	OSPREY_KERNEL = 2,
	OSPREY_USER = 2,
};

struct osprey {
	unsigned int count;
	enum osprey_kind kind;
	struct page **pages;
};

void osprey_free(struct osprey *osprey)
{
	unsigned int i;

	if (osprey->kind == OSPREY_USER)
		for (i = 0; i < osprey->count; i++)
			put_page(osprey->pages[i]); /* release: osprey */
	kfree(osprey->pages);
	kfree(osprey);
}

struct osprey *osprey_new(char *kernel, unsigned long start, unsigned int count)
{
	struct osprey *osprey = kzalloc(sizeof(*osprey), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!osprey || !pages)
		goto free;
	osprey->kind = OSPREY_NONE;
	osprey->pages = pages;
	if (kernel) {
		osprey->kind = OSPREY_KERNEL;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: osprey */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: osprey */
			goto free;
		}
		osprey->kind = OSPREY_USER;
	}
	osprey->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return osprey;
free:
	kfree(pages);
	kfree(osprey);
	return NULL;
}
