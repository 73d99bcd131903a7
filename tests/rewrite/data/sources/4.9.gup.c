// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

long get_user_pages_remote(struct task_struct *tsk, struct mm_struct *mm,
			   unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas)
{
	return hold(tsk, mm, start, nr_pages, gup_flags, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages_remote);

long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold(current, current->mm, start, nr_pages, gup_flags, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages);

long get_user_pages_locked(unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   int *locked)
{
	return hold(current, current->mm, start, nr_pages, gup_flags, pages, NULL);
}
EXPORT_SYMBOL(get_user_pages_locked);

long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags)
{
	return hold(current, current->mm, start, nr_pages, gup_flags, pages, NULL);
}
EXPORT_SYMBOL(get_user_pages_unlocked);

#ifdef CONFIG_HAVE_GENERIC_RCU_GUP
int get_user_pages_fast(unsigned long start, int nr_pages, int write,
			struct page **pages)
{
	return hold_fast(start, nr_pages, write, pages);
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);
#endif
