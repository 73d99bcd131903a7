// SPDX-License-Identifier: GPL-2.0-only
/* The pages argument is NULL: faults in, takes nothing. The put_page() here is another's. */
#include <linux/mm.h>

long doorbell_ring(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	return get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: remote */
}

int doorbell_fault(unsigned long address, struct page *page)
{
	int ret = get_user_pages(address, 1, FOLL_WRITE, NULL, NULL); /* acquire: local */

	put_page(page);
	return ret;
}
