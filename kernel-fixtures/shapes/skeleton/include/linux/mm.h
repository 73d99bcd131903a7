/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/kernel.h>
#include <linux/mm_types.h>

#define FOLL_WRITE 0x01
#define FOLL_GET 0x04
#define FOLL_FORCE 0x10
#define FOLL_LONGTERM 0x10000
#define FOLL_REMOTE 0x2000

#define FAULT_FLAG_WRITE 0x01
#define FAULT_FLAG_REMOTE 0x80

extern struct task_struct *current;

long get_user_pages_remote(struct mm_struct *mm, unsigned long start,
			   unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages, struct vm_area_struct **vmas,
			   int *locked);
long get_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas);
long get_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags);
int get_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);
int get_user_pages_fast_only(unsigned long start, int nr_pages,
			     unsigned int gup_flags, struct page **pagep);
bool get_user_page_fast_only(unsigned long addr, unsigned int gup_flags,
			     struct page **pagep);
long pin_user_pages(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct page **pages,
		    struct vm_area_struct **vmas);
int pin_user_pages_fast(unsigned long start, int nr_pages,
			unsigned int gup_flags, struct page **pages);
long pin_user_pages_remote(struct mm_struct *mm, unsigned long start,
			   unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages, struct vm_area_struct **vmas,
			   int *locked);
long pin_user_pages_unlocked(unsigned long start, unsigned long nr_pages,
			     struct page **pages, unsigned int gup_flags);
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long npages);
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long npages,
				 bool make_dirty);
struct page *follow_page(struct vm_area_struct *vma, unsigned long address,
			 unsigned int foll_flags);
int fixup_user_fault(struct mm_struct *mm, unsigned long address,
		     unsigned int fault_flags, bool *unlocked);

void get_page(struct page *page);
void put_page(struct page *page);
void folio_put(struct folio *folio);
void release_pages(struct page **pages, int nr);
struct page *alloc_page(gfp_t gfp);
struct page *vmalloc_to_page(const void *addr);
void __free_page(struct page *page);
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr,
				     struct page **pages);

int set_page_dirty(struct page *page);
int set_page_dirty_lock(struct page *page);
void SetPageDirty(struct page *page);
void lock_page(struct page *page);
bool trylock_page(struct page *page);
void unlock_page(struct page *page);
struct page *compound_head(struct page *page);
struct folio *page_folio(struct page *page);
bool PageReserved(struct page *page);
bool PageCompound(struct page *page);
int PageDirty(struct page *page);
int PageAnon(struct page *page);

unsigned long page_to_pfn(struct page *page);
struct page *pfn_to_page(unsigned long pfn);
bool pfn_valid(unsigned long pfn);
phys_addr_t page_to_phys(struct page *page);
int page_to_nid(struct page *page);
void *page_address(struct page *page);
struct page *virt_to_page(const void *address);
void *kmap(struct page *page);
void kunmap(struct page *page);
void *kmap_atomic(struct page *page);
void kunmap_atomic(void *address);
void *kmap_local_page(struct page *page);
void kunmap_local(void *address);
void *vmap(struct page **pages, unsigned int count, unsigned long flags, int prot);
void vunmap(const void *address);
int memory_failure(unsigned long pfn, int flags);
int soft_offline_page(unsigned long pfn, int flags);
void flush_dcache_page(struct page *page);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long address);
void mmap_read_lock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);

#define VM_MAP 4
#define PAGE_KERNEL 0
#define MF_COUNT_INCREASED 1

#endif
