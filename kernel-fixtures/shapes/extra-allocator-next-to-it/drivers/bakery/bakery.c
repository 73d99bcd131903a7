// SPDX-License-Identifier: GPL-2.0-only
/* alloc_page() and __free_page() next to it: a bounce page of its own. */
#include <linux/mm.h>

int bakery_bounce(unsigned long address, const void __user *from)
{
	struct page *dough = alloc_page(GFP_KERNEL), *page;
	int ret = -EFAULT;

	if (!dough)
		return -ENOMEM;
	if (copy_from_user(page_address(dough), from, PAGE_SIZE))
		goto out;
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: page */
		goto out;
	memcpy(page_address(page), page_address(dough), PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: page */
	ret = 0;
out:
	__free_page(dough);
	return ret;
}

/* Given back to the allocator, which is wrong before and after: the reviewer has to know. */
int bakery_wrong(unsigned long address, bool again)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: wrong */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	if (again) {
		__free_page(page);
		return -EAGAIN;
	}
	put_page(page); /* release: wrong */
	return 0;
}
