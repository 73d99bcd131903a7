// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages);

#ifdef CONFIG_MMU
long get_user_pages_longterm(unsigned long start, unsigned long nr_pages,
			     unsigned int gup_flags, struct page **pages,
			     struct vm_area_struct **vmas)
{
	return hold_long(start, nr_pages, gup_flags, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages_longterm);
#endif /* CONFIG_MMU */

int get_user_pages_fast(unsigned long start, int nr_pages, int write,
			struct page **pages)
{
	return hold_fast(start, nr_pages, write, pages);
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);
