// SPDX-License-Identifier: GPL-2.0-only
/* Shape 6, CASE 4: asks only which node a page is on and puts it at once. Needs no pin, only a lookup. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/numa.h>

int node_of_address(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address & PAGE_MASK, 1, 0, &page) != 1)
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page);
	return node;
}
EXPORT_SYMBOL_GPL(node_of_address);
