/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

struct page;
struct mm_struct;
struct task_struct;
struct vm_area_struct;

extern long get_user_pages_remote(struct task_struct *tsk, struct mm_struct *mm,
				  unsigned long start, unsigned long nr_pages,
				  unsigned int gup_flags, struct page **pages,
				  struct vm_area_struct **vmas);
extern long get_user_pages(unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas);
extern long get_user_pages_locked(unsigned long start, unsigned long nr_pages,
				  unsigned int gup_flags, struct page **pages,
				  int *locked);
extern long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
				    struct page **pages, unsigned int gup_flags);
extern int get_user_pages_fast(unsigned long start, int nr_pages, int write,
			       struct page **pages);
extern int __get_user_pages_fast(unsigned long start, int nr_pages, int write,
				 struct page **pages);
extern int fixup_user_fault(struct task_struct *tsk, struct mm_struct *mm, unsigned long address,
			    unsigned int fault_flags, bool *unlocked);

static inline void put_page(struct page *page)
{
	drop_reference(page);
}

void release_pages(struct page **pages, int nr, bool cold);

#define FOLL_WRITE	0x01	/* the page will be written to */
#define FOLL_GET	0x04	/* take a reference */
#define FOLL_FORCE	0x10	/* ignore access rights */

#endif
