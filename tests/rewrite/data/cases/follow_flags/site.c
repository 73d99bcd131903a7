// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int frame_of(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	struct page *page;

	if (get_user_pages(addr, 1, flags, &page, NULL) <= 0)
		return -EFAULT;
	put_page(page);
	return 0;
}
