// SPDX-License-Identifier: GPL-2.0-only
#include <linux/highmem.h>
#include <linux/mm.h>

static int peek(struct mm_struct *mm, unsigned long start, char *to)
{
	struct vm_area_struct *vma;
	struct page *page = get_user_page_vma_remote(mm, start, 0, &vma);
	void *at;

	if (IS_ERR(page))
		return PTR_ERR(page);
	at = kmap_local_page(page);
	memcpy(at, to, 8);
	set_page_dirty_lock(page);
	unmap_and_put_page(page, at);
	return 0;
}

static int poke(struct mm_struct *mm, unsigned long start, char *to)
{
	struct vm_area_struct *vma;
	struct page *page = get_user_page_vma_remote(mm, start, 0, &vma);
	struct folio *folio;
	void *at;

	if (IS_ERR(page))
		return PTR_ERR(page);
	folio = page_folio(page);
	at = kmap_local_folio(folio, folio_page_idx(folio, page) * PAGE_SIZE);
	memcpy(at, to, 8);
	folio_mark_dirty_lock(folio);
	folio_release_kmap(folio, at);
	return 0;
}
