// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

void put_user_pages(struct page **pages, unsigned long npages)
{
	drop_all(pages, npages);
}
EXPORT_SYMBOL(put_user_pages);

long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages);

int get_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return hold_fast(start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);
