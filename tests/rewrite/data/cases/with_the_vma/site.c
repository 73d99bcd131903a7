// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int tags(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct vm_area_struct *vma;
	struct page *page = get_user_page_vma_remote(mm, addr,
						     flags, &vma);

	if (IS_ERR(page))
		return PTR_ERR(page);
	read_tags(page_address(page), vma);
	put_page(page);
	return 0;
}
