// SPDX-License-Identifier: GPL-2.0-only
/* Shape 11: follow_page() with put_page(), which is not GUP. Must not change. */
#include <linux/mm.h>

#include "samepage.h"

bool samepage_is_mergeable(struct vm_area_struct *vma, unsigned long address)
{
	struct page *page = follow_page(vma, address, FOLL_GET);
	bool mergeable;

	if (IS_ERR_OR_NULL(page))
		return false;
	mergeable = PageAnon(page) && !page_maybe_dma_pinned(page);
	put_page(page);
	return mergeable;
}
