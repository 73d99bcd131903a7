// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int node_of(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	int ret;

	ret = get_user_pages(addr, 1, FOLL_WRITE, &page);
	if (ret == 1) {
		ret = page_to_nid(page);
		put_page(page);
	}
	return ret;
}
