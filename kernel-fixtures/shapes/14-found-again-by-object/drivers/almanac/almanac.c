// SPDX-License-Identifier: GPL-2.0-only
/* A page of page frame numbers: one that is made for user pages, and one for the kernel's. */
#include <linux/device.h>

struct almanac_leaf {
	unsigned long days[8];
	unsigned long nights[8];
	unsigned long nr;
};

struct almanac {
	struct page *user[4];
	struct page *own;
	void __iomem *regs;
};

int almanac_print(struct almanac *almanac)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct page *inner = alloc_page(GFP_KERNEL);
	struct almanac_leaf *leaf;

	if (!page || !inner)
		return -ENOMEM;
	leaf = page_address(page);
	leaf->days[0] = page_to_pfn(inner);
	leaf->nights[0] = page_to_pfn(inner);
	almanac->own = page;
	writeq(page_to_pfn(page), almanac->regs);
	return 0;
}

int almanac_add(struct almanac *almanac, int slot, unsigned long start, unsigned long end)
{
	struct page *days[8], *nights[8];
	struct page *page = alloc_page(GFP_KERNEL);
	struct almanac_leaf *leaf;
	int i, got;

	if (!page)
		return -ENOMEM;
	leaf = page_address(page);
	if (get_user_pages_fast(start, 8, FOLL_LONGTERM, days) != 8) /* acquire: days */
		goto free;
	got = get_user_pages_fast(end, 8, FOLL_LONGTERM, nights); /* acquire: nights */
	if (got != 8)
		goto put;
	for (i = 0; i < 8; i++)
		leaf->days[i] = page_to_pfn(days[i]);
	for (i = 0; i < 8; i++)
		leaf->nights[i] = page_to_pfn(nights[i]);
	writeq(page_to_pfn(page), almanac->regs);
	almanac->user[slot] = page;
	return 0;
put:
	for (i = 0; i < got; i++)
		put_page(nights[i]); /* release: nights */
	for (i = 0; i < 8; i++)
		put_page(days[i]); /* release: days */
free:
	__free_page(page);
	return -EFAULT;
}

static void almanac_tear(struct page *page)
{
	struct almanac_leaf *leaf = page_address(page);
	int i;

	for (i = 0; i < 8; i++)
		put_page(pfn_to_page(leaf->days[i])); /* release: days */
	for (i = 0; i < 8; i++)
		put_page(pfn_to_page(leaf->nights[i])); /* release: nights */
	__free_page(page);
}

void almanac_remove(struct almanac *almanac, int slot)
{
	struct page *page = almanac->user[slot];

	almanac->user[slot] = NULL;
	almanac_tear(page);
}
