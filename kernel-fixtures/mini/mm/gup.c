// SPDX-License-Identifier: GPL-2.0-only
/*
 * References to the pages behind user addresses: plain ones, and pins, which the owner of the
 * page can tell apart from them.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>

#include "internal.h"

static void hold_page(struct page *page, unsigned int flags)
{
	struct page *head = compound_head(page);

	if (flags & FOLL_PIN)
		atomic_add(GUP_PIN_COUNTING_BIAS, &head->_refcount);
	else if (flags & FOLL_GET)
		get_page(head);
}

static void drop_pin(struct page *page)
{
	struct page *head = compound_head(page);

	if (atomic_sub_and_test(GUP_PIN_COUNTING_BIAS, &head->_refcount))
		__put_page(head);
}

/* The number of pages held, or an error when that would be none. */
static long hold_range(struct mm_struct *mm, unsigned long start, unsigned long nr_pages,
		       unsigned int flags, struct page **pages, struct vm_area_struct **vmas)
{
	unsigned long i;

	if (pages && !(flags & FOLL_PIN))
		flags |= FOLL_GET;
	for (i = 0; i < nr_pages; i++) {
		unsigned long address = start + i * PAGE_SIZE;
		struct page *page = lookup_page(mm, address, flags);

		if (IS_ERR_OR_NULL(page)) {
			long error = page ? PTR_ERR(page) : -EFAULT;

			return i ? (long)i : error;
		}
		hold_page(page, flags);
		if (pages)
			pages[i] = page;
		if (vmas)
			vmas[i] = find_vma(mm, address);
	}
	return i;
}

static int check_vma_flags(struct vm_area_struct *vma, unsigned long gup_flags)
{
	unsigned long wanted = gup_flags & FOLL_WRITE ? VM_WRITE : VM_READ;

	return vma->vm_flags & wanted ? 0 : -EFAULT;
}

int fixup_user_fault(struct mm_struct *mm,
		     unsigned long address, unsigned int fault_flags,
		     bool *unlocked)
{
	unsigned int flags = fault_flags & FAULT_FLAG_WRITE ? FOLL_WRITE : 0;
	struct vm_area_struct *vma = vma_lookup(mm, address);
	struct page *page;

	if (!vma || check_vma_flags(vma, flags))
		return -EFAULT;
	page = lookup_page(mm, address, flags);
	return IS_ERR_OR_NULL(page) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(fixup_user_fault);

static bool flags_are_for_pins(unsigned int *flags)
{
	if (WARN_ON_ONCE(*flags & FOLL_GET))
		return false;
	*flags |= FOLL_PIN;
	return true;
}

void unpin_user_page(struct page *page)
{
	drop_pin(page);
}
EXPORT_SYMBOL(unpin_user_page);

void unpin_user_pages(struct page **pages, unsigned long npages)
{
	unsigned long i;

	for (i = 0; i < npages; i++)
		drop_pin(pages[i]);
}
EXPORT_SYMBOL(unpin_user_pages);

void unpin_user_pages_dirty_lock(struct page **pages, unsigned long npages,
				 bool make_dirty)
{
	unsigned long i;

	for (i = 0; i < npages; i++) {
		if (make_dirty)
			set_page_dirty_lock(pages[i]);
		drop_pin(pages[i]);
	}
}
EXPORT_SYMBOL(unpin_user_pages_dirty_lock);

void unpin_user_page_range_dirty_lock(struct page *page, unsigned long npages,
				      bool make_dirty)
{
	unsigned long i;

	for (i = 0; i < npages; i++) {
		if (make_dirty)
			set_page_dirty_lock(page + i);
		drop_pin(page + i);
	}
}
EXPORT_SYMBOL(unpin_user_page_range_dirty_lock);

struct page *follow_page(struct vm_area_struct *vma, unsigned long address,
			 unsigned int foll_flags)
{
	struct page *page = lookup_page(vma->vm_mm, address, foll_flags | FOLL_NOFAULT);

	if (!IS_ERR_OR_NULL(page))
		hold_page(page, foll_flags & FOLL_GET);
	return page;
}

long get_user_pages_remote(struct mm_struct *mm,
			   unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas, int *locked)
{
	if (locked && !*locked)
		return -EINVAL;
	return hold_range(mm, start, nr_pages, gup_flags | FOLL_TOUCH | FOLL_REMOTE,
			  pages, vmas);
}
EXPORT_SYMBOL(get_user_pages_remote);

long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	return hold_range(current->mm, start, nr_pages, gup_flags | FOLL_TOUCH, pages, vmas);
}
EXPORT_SYMBOL(get_user_pages);

long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags)
{
	struct mm_struct *mm = current->mm;
	long held;

	mmap_read_lock(mm);
	held = hold_range(mm, start, nr_pages, gup_flags | FOLL_TOUCH, pages, NULL);
	mmap_read_unlock(mm);
	return held;
}
EXPORT_SYMBOL(get_user_pages_unlocked);

int get_user_pages_fast_only(unsigned long start, int nr_pages,
			     unsigned int gup_flags, struct page **pages)
{
	long held = hold_range(current->mm, start, nr_pages, gup_flags | FOLL_FAST_ONLY,
			       pages, NULL);

	return held < 0 ? 0 : held;
}
EXPORT_SYMBOL_GPL(get_user_pages_fast_only);

int get_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	return hold_range(current->mm, start, nr_pages, gup_flags, pages, NULL);
}
EXPORT_SYMBOL_GPL(get_user_pages_fast);

int pin_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages)
{
	if (!flags_are_for_pins(&gup_flags))
		return -EINVAL;
	return hold_range(current->mm, start, nr_pages, gup_flags, pages, NULL);
}
EXPORT_SYMBOL_GPL(pin_user_pages_fast);

int pin_user_pages_fast_only(unsigned long start, int nr_pages,
			     unsigned int gup_flags, struct page **pages)
{
	long held;

	if (!flags_are_for_pins(&gup_flags))
		return 0;
	held = hold_range(current->mm, start, nr_pages, gup_flags | FOLL_FAST_ONLY, pages, NULL);
	return held < 0 ? 0 : held;
}
EXPORT_SYMBOL_GPL(pin_user_pages_fast_only);

long pin_user_pages_remote(struct mm_struct *mm,
			   unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas, int *locked)
{
	if (!flags_are_for_pins(&gup_flags) || (locked && !*locked))
		return -EINVAL;
	return hold_range(mm, start, nr_pages, gup_flags | FOLL_TOUCH | FOLL_REMOTE,
			  pages, vmas);
}
EXPORT_SYMBOL(pin_user_pages_remote);

long pin_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas)
{
	if (!flags_are_for_pins(&gup_flags))
		return -EINVAL;
	return hold_range(current->mm, start, nr_pages, gup_flags | FOLL_TOUCH, pages, vmas);
}
EXPORT_SYMBOL(pin_user_pages);

long pin_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags)
{
	if (!flags_are_for_pins(&gup_flags))
		return -EINVAL;
	return get_user_pages_unlocked(start, nr_pages, pages, gup_flags);
}
EXPORT_SYMBOL(pin_user_pages_unlocked);
