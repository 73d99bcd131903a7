// SPDX-License-Identifier: GPL-2.0-only
/* The acquire itself in the body of a macro: named, and never pinned. */
#include <linux/mm.h>

#define ORIGAMI_GET(address, pagep) \
	get_user_pages_fast(address, 1, FOLL_WRITE, pagep) /* unparsed */

int origami_crease(unsigned long address)
{
	struct page *page;

	if (ORIGAMI_GET(address, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	put_page(page);
	return 0;
}
