// SPDX-License-Identifier: GPL-2.0-only
/* FOLL_GET stays where the call stays: only struct page is looked at. */
#include <linux/mm.h>

int ledger_node(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_unlocked(address, 1, &page, FOLL_GET) != 1) /* acquire: entry */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: entry */
	return node;
}
