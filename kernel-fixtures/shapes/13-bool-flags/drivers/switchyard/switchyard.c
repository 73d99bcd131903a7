// SPDX-License-Identifier: GPL-2.0-only
/* A number and a comparison where flags belong; and flags from a truth value. */
#include <linux/mm.h>

int switchyard_one(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, 1, &page) != 1) /* acquire: one */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: one */
	return 0;
}

int switchyard_compared(unsigned long start, int direction)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, direction == 1, &page) != 1) /* acquire: compared */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: compared */
	return 0;
}

int switchyard_chosen(unsigned long start, int direction)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, direction == 1 ? FOLL_WRITE : 0, /* acquire: chosen */
				&page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: chosen */
	return 0;
}
