// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int node_of(unsigned long addr)
{
	struct page *pages[2];

	if (get_user_pages_fast(addr, 2, 0, pages) != 2)
		return -EFAULT;
	put_page(pages[0]);
	put_page(pages[1]);
	return 0;
}
