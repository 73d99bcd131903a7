// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int twin_page(unsigned long start)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(start, 1, 0, &page) != 1) /* acquire: kept */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: kept */
	return node;
}

int twin_node(unsigned long start)
{
	return twin_page(start);
}
