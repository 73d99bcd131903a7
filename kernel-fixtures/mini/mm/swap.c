// SPDX-License-Identifier: GPL-2.0-only
/* Gives pages back when nobody holds them any more. */
#include <linux/export.h>
#include <linux/mm.h>

struct page *mem_map;
EXPORT_SYMBOL(mem_map);

void __put_page(struct page *page)
{
	__free_page(page);
}
EXPORT_SYMBOL(__put_page);

void release_pages(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}
EXPORT_SYMBOL(release_pages);
