// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

void unpin_user_page(struct page *page)
{
	drop_pin(page);
}
EXPORT_SYMBOL(unpin_user_page);

#ifdef CONFIG_MMU
long get_user_pages_remote(struct mm_struct *mm, unsigned long start,
			   unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages,
			   struct vm_area_struct **vmas, int *locked)
{
	return hold(mm, start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL(get_user_pages_remote);
#else /* CONFIG_MMU */
long get_user_pages_remote(struct mm_struct *mm, unsigned long start,
			   unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages,
			   struct vm_area_struct **vmas, int *locked)
{
	return 0;
}
#endif /* !CONFIG_MMU */

long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL(get_user_pages);

int get_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return hold_fast(start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);

long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL(get_user_pages_unlocked);

long pin_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL(pin_user_pages);

int pin_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return hold_fast(start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL_GPL(pin_user_pages_fast);

long pin_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags)
{
	return hold(current->mm, start, nr_pages, gup_flags, pages);
}
EXPORT_SYMBOL(pin_user_pages_unlocked);

long pin_user_pages_remote(struct mm_struct *mm, unsigned long start,
			   unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages,
			   struct vm_area_struct **vmas, int *locked)
{
	return hold(mm, start, nr_pages, gup_flags | FOLL_PIN, pages);
}
EXPORT_SYMBOL(pin_user_pages_remote);
