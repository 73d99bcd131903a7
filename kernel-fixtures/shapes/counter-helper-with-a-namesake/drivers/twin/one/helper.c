// SPDX-License-Identifier: GPL-2.0-only
/* Two functions by one name in one file each: what is kept of the one says nothing of the other. */
#include <linux/mm.h>

void twin_elsewhere(struct page *page);

struct page *twin_page(unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: given */
		return NULL;
	return page;
}

void twin_use(unsigned long start)
{
	struct page *page = twin_page(start); /* acquire: given */

	if (!page)
		return;
	twin_elsewhere(page);
	put_page(page); /* release: given */
}
