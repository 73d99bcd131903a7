// SPDX-License-Identifier: GPL-2.0-only
/* Local variables, parameters and blocks that shadow names of the API or of each other. */
#include <linux/mm.h>

int eclipse_inner(unsigned long start, struct page *other, void (*put_page)(struct page *))
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: inner */
		return -EFAULT;
	put_page(other);
	memset(page_address(page), 0, PAGE_SIZE);
	return 0;
}

int eclipse_blocks(unsigned long start, struct page *page)
{
	if (start) {
		struct page *page;

		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) == 1) { /* acquire: block */
			memset(page_address(page), 0, PAGE_SIZE);
			put_page(page); /* release: block */
		}
	}
	put_page(page);
	return 0;
}
