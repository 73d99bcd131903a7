// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int node_of(unsigned long addr, int rw)
{
	struct page *page;
	int ret;

	ret = get_user_pages_fast(addr, 1, 1, &page);
	if (ret != 1)
		ret = get_user_pages_fast(addr, 1, 0, &page);
	if (ret != 1)
		ret = get_user_pages_fast(addr, 1, rw == WRITE, &page);
	if (ret == 1) {
		ret = page_to_nid(page);
		put_page(page);
	}
	return ret;
}
