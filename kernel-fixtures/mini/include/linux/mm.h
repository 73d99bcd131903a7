/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/mmap_lock.h>
#include <linux/sched.h>
#include <asm/page.h>

#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(address) (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#define VM_READ 0x1
#define VM_WRITE 0x2
#define VM_SHARED 0x8
#define VM_HUGETLB 0x400000

#define FAULT_FLAG_WRITE 0x01

extern struct page *mem_map;

static inline unsigned long page_to_pfn(const struct page *page)
{
	return page - mem_map;
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

static inline phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)page_to_pfn(page) << PAGE_SHIFT;
}

static inline int page_to_nid(const struct page *page)
{
	return page->flags >> 24;
}

static inline struct page *compound_head(struct page *page)
{
	return page->compound_head ? page->compound_head : page;
}

void *page_address(const struct page *page);
struct page *virt_to_page(const void *address);
bool PageReserved(const struct page *page);
bool PageAnon(const struct page *page);
void lock_page(struct page *page);
void unlock_page(struct page *page);
bool set_page_dirty(struct page *page);
int set_page_dirty_lock(struct page *page);
int memory_failure(unsigned long pfn, int flags);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long address);

static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	return vma && vma->vm_start <= address ? vma : NULL;
}

static inline bool is_vm_hugetlb_page(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}

void __put_page(struct page *page);
void release_pages(struct page **pages, int nr);

static inline void get_page(struct page *page)
{
	page = compound_head(page);
	atomic_inc(&page->_refcount);
}

static inline void put_page(struct page *page)
{
	page = compound_head(page);
	if (atomic_sub_and_test(1, &page->_refcount))
		__put_page(page);
}

/* Each pin counts as this many references, so that pinned pages can be told from held ones. */
#define GUP_PIN_COUNTING_BIAS (1U << 10)

void unpin_user_page(struct page *page);
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long npages,
				 bool make_dirty);
void unpin_user_page_range_dirty_lock(struct page *page, unsigned long npages,
				      bool make_dirty);
void unpin_user_pages(struct page **pages, unsigned long npages);

static inline bool page_maybe_dma_pinned(struct page *page)
{
	page = compound_head(page);
	return (unsigned int)atomic_read(&page->_refcount) >= GUP_PIN_COUNTING_BIAS;
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int gup_flags);

long get_user_pages_remote(struct mm_struct *mm,
			   unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas, int *locked);
long pin_user_pages_remote(struct mm_struct *mm,
			   unsigned long start, unsigned long nr_pages,
			   unsigned int gup_flags, struct page **pages,
			   struct vm_area_struct **vmas, int *locked);
long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas);
long pin_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas);
long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags);
long pin_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags);

int get_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);
int pin_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);

/*
 * These neither sleep nor fault, and return what they found until the first hole: they are
 * for interrupt context.
 */
int get_user_pages_fast_only(unsigned long start, int nr_pages,
			     unsigned int gup_flags, struct page **pages);
int pin_user_pages_fast_only(unsigned long start, int nr_pages,
			     unsigned int gup_flags, struct page **pages);

static inline bool get_user_page_fast_only(unsigned long addr,
			unsigned int gup_flags, struct page **pagep)
{
	return get_user_pages_fast_only(addr, 1, gup_flags, pagep) == 1;
}

int fixup_user_fault(struct mm_struct *mm,
		     unsigned long address, unsigned int fault_flags,
		     bool *unlocked);
struct page *follow_page(struct vm_area_struct *vma, unsigned long address,
			 unsigned int foll_flags);

#define FOLL_WRITE	0x01	/* the page is going to be written */
#define FOLL_TOUCH	0x02	/* mark it accessed */
#define FOLL_GET	0x04	/* take a reference */
#define FOLL_DUMP	0x08	/* a hole is an error */
#define FOLL_FORCE	0x10	/* whatever the protection of the mapping */
#define FOLL_NOWAIT	0x20	/* start the read and come back without it */
#define FOLL_NOFAULT	0x80	/* never fault a page in */
#define FOLL_HWPOISON	0x100	/* fail on a poisoned page */
#define FOLL_MIGRATION	0x400	/* wait until a migration is over */
#define FOLL_TRIED	0x800	/* second attempt */
#define FOLL_REMOTE	0x2000	/* the mm is not that of the current task */
#define FOLL_ANON	0x8000	/* no pages of files */
#define FOLL_LONGTERM	0x10000	/* held for an unlimited time */
#define FOLL_SPLIT_PMD	0x20000	/* split a huge pmd first */
#define FOLL_PIN	0x40000	/* released with unpin_user_page() */
#define FOLL_FAST_ONLY	0x80000	/* no slow path */

#endif /* _LINUX_MM_H */
