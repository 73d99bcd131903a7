// SPDX-License-Identifier: GPL-2.0-only
/* The page is found again from what a table of the hardware had before: it may be any page. */
#include <linux/device.h>

int carousel_exchange(void __iomem *table, int seat, unsigned long *address);

static void carousel_drop(unsigned long address)
{
	put_page(pfn_to_page(address >> 12)); /* release: seat */
}

int carousel_sit(void __iomem *table, int seat, unsigned long start)
{
	unsigned long address;
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: seat */
		return -EFAULT;
	address = page_to_phys(page);
	if (carousel_exchange(table, seat, &address)) {
		carousel_drop(address);
		return -EFAULT;
	}
	if (address)
		carousel_drop(address);
	return 0;
}
