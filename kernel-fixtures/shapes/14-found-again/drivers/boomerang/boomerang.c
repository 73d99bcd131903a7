// SPDX-License-Identifier: GPL-2.0-only
/* The page is found again from a pfn, and from an address. */
#include <linux/device.h>

struct boomerang {
	unsigned long pfn;
	struct device *dev;
	void __iomem *regs;
};

int boomerang_throw(struct boomerang *boomerang, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) /* acquire: pfn */
		return -EFAULT;
	boomerang->pfn = page_to_pfn(page);
	writeq(boomerang->pfn, boomerang->regs);
	return 0;
}

static void boomerang_put_pfn(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	SetPageDirty(page);
	put_page(page); /* release: pfn */
}

void boomerang_catch(struct boomerang *boomerang)
{
	if (boomerang->pfn)
		boomerang_put_pfn(boomerang->pfn);
	boomerang->pfn = 0;
}

static void *boomerang_address(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: address */
		return NULL;
	return page_address(page);
}

static void boomerang_forget(void *address)
{
	put_page(virt_to_page(address)); /* release: address */
}

int boomerang_write(unsigned long start, const void *data)
{
	void *at = boomerang_address(start);

	if (!at)
		return -EFAULT;
	memcpy(at, data, PAGE_SIZE);
	boomerang_forget(at);
	return 0;
}
