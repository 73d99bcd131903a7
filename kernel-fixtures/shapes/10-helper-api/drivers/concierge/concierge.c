// SPDX-License-Identifier: GPL-2.0-only
/* A helper API for the whole kernel: its callers are those in the tree. */
#include <linux/concierge.h>

int concierge_fetch(unsigned long start, int nr, struct page **pages)
{
	return get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: public */
}
EXPORT_SYMBOL_GPL(concierge_fetch);

int concierge_try(unsigned long start)
{
	struct page *page;

	if (concierge_fetch(start, 1, &page) != 1) /* acquire: public */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	put_page(page); /* release: public */
	return 0;
}

struct page *concierge_one(unsigned long address)
{
	struct page *page = NULL;

	get_user_pages_fast(address, 1, FOLL_WRITE, &page); /* acquire: returned */
	return page;
}
EXPORT_SYMBOL_GPL(concierge_one);

int concierge_one_try(unsigned long address)
{
	struct page *page = concierge_one(address); /* acquire: returned */

	memset(page_address(page), 0, PAGE_SIZE);
	put_page(page); /* release: returned */
	return 0;
}

int concierge_hook(unsigned long start, struct page **page)
{
	return get_user_pages_fast(start, 1, FOLL_WRITE, page); /* acquire: hooked */
}
EXPORT_SYMBOL_GPL(concierge_hook);

/* Somebody calls it from here, and nobody knows who. */
unsigned long concierge_entry = (unsigned long)concierge_hook; /* unparsed */
