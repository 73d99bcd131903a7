// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int frame_of(struct vm_area_struct *vma, unsigned long addr, bool twice)
{
	struct page *page;

	if (twice)
		if (get_user_pages(addr, 1, 0, &page, NULL) <= 0)
			return -EFAULT;
	put_page(page);
	return 0;
}
