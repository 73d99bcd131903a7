// SPDX-License-Identifier: GPL-2.0-only
/* Only struct page is looked at, with the mmap lock held: twice the vma is at hand, twice not. */
#include <linux/mm.h>

int atlas_frame(struct mm_struct *mm, unsigned long address, int write, unsigned long *pfn)
{
	struct vm_area_struct *vma;
	struct page *page;
	int ret = 0;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (!vma) {
		ret = -EFAULT;
		goto unlock;
	}
	if (get_user_pages(address, 1, write ? FOLL_WRITE : 0, &page, NULL) <= 0) { /* acquire: frame */
		ret = -EFAULT;
		goto unlock;
	}
	*pfn = page_to_pfn(page);
	put_page(page); /* release: frame */
unlock:
	mmap_read_unlock(mm);
	return ret;
}

int atlas_node(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;
	struct page *page;
	long ret;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (!vma) {
		mmap_read_unlock(mm);
		return -EFAULT;
	}
	/* One page tells. */
	ret = get_user_pages(address, 1, FOLL_GET, &page, NULL); /* acquire: node */
	if (ret > 0) {
		ret = page_to_nid(page);
		put_page(page); /* release: node */
	}
	mmap_read_unlock(mm);
	return ret;
}

int atlas_without_vma(unsigned long address)
{
	struct page *page;
	long ret;

	ret = get_user_pages(address, 1, 0, &page, NULL); /* acquire: without */
	if (ret > 0) {
		ret = page_to_nid(page);
		put_page(page); /* release: without */
	}
	return ret;
}

int atlas_moving(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;
	struct page *page;
	long ret;

	vma = find_vma(mm, address);
	if (!vma)
		return -EFAULT;
	address += PAGE_SIZE;
	ret = get_user_pages(address, 1, 0, &page, NULL); /* acquire: moving */
	if (ret > 0) {
		ret = page_to_nid(page);
		put_page(page); /* release: moving */
	}
	return ret;
}
