// SPDX-License-Identifier: GPL-2.0-only
/* A bool as flags of a lookup that never sleeps: it stays, and so does the bool. */
#include <linux/mm.h>

int peephole_node(unsigned long address, bool write)
{
	struct page *page;
	int node;

	if (get_user_pages_fast_only(address, 1, write, &page) != 1) /* acquire: peep */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: peep */
	return node;
}
