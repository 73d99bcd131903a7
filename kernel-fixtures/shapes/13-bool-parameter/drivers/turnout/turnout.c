// SPDX-License-Identifier: GPL-2.0-only
/* A parameter of type bool where flags belong. */
#include <linux/mm.h>

int turnout_set(unsigned long start, bool write)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, write, &page) != 1) /* acquire: bool */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: bool */
	return 0;
}
