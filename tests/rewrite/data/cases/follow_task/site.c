// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int frame_of(struct vm_area_struct *vma, unsigned long addr, unsigned long *pfn)
{
	struct page *page;
	int ret;

	if (get_user_pages(addr, 1, 0, &page, NULL) <= 0)
		return -EFAULT;
	*pfn = page_to_pfn(page);
	put_page(page);
	ret = get_user_pages(addr, 1, FOLL_WRITE, &page, NULL);
	put_page(page);
	return ret;
}
