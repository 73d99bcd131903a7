// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct ops {
	void (*put_page)(struct page *page);
};

static int look(struct ops *ops, struct page *own, unsigned long addr)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
		goto put_page;
	get_page(own);
	touch(page_address(page));
	put_page(page); put_page(own); /* second stays */
	ops->put_page(own);
	return 0;

put_page:
	put_page(own); /* stays */
	return -EFAULT;
}
