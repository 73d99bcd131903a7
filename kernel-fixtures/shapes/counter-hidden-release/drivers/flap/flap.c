// SPDX-License-Identifier: GPL-2.0-only
/* What is called put_page() here only keeps the page. */
#include <linux/mm.h>

void flap_store(struct page *page);
#define put_page(page) flap_store(page)

int flap_open(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: stored */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page);
	return 0;
}
