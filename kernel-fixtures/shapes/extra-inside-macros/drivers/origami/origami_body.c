// SPDX-License-Identifier: GPL-2.0-only
/* Acquire in the body of a macro that is used once: converted there. */
#include <linux/mm.h>

#define ORIGAMI_GET(address, pagep) \
	get_user_pages_fast(address, 1, FOLL_WRITE, pagep)

int origami_crease(unsigned long address)
{
	struct page *page;

	if (ORIGAMI_GET(address, &page) != 1) /* acquire: body */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	put_page(page); /* release: body */
	return 0;
}
