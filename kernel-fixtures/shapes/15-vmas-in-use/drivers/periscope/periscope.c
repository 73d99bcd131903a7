// SPDX-License-Identifier: GPL-2.0-only
/* The vma comes back, too, and is used. */
#include <linux/mm.h>

int periscope_write(struct mm_struct *mm, unsigned long address, u16 value)
{
	struct vm_area_struct *vma;
	struct page *page;
	void *at;

	if (get_user_pages_remote(mm, address, 1, FOLL_WRITE, /* acquire: vma */
				  &page, &vma, NULL) != 1)
		return -EFAULT;
	if (vma->vm_end - address < sizeof(value)) {
		put_page(page); /* release: vma */
		return -EINVAL;
	}
	at = kmap_atomic(page);
	*(u16 *)(at + (address & (PAGE_SIZE - 1))) += value;
	kunmap_atomic(at);
	put_page(page); /* release: vma */
	return 0;
}
