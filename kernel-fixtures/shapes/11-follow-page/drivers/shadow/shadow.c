// SPDX-License-Identifier: GPL-2.0-only
/* follow_page() with put_page(): no acquire, so nothing here is a site. */
#include <linux/mm.h>

int shadow_node(struct vm_area_struct *vma, unsigned long address)
{
	struct page *page = follow_page(vma, address, FOLL_GET);
	int node;

	if (!page || IS_ERR(page))
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page);
	return node;
}

/* Looks first and faults only then: one variable, two kinds of references. */
int shadow_write(struct vm_area_struct *vma, unsigned long address)
{
	struct page *page = follow_page(vma, address, FOLL_GET | FOLL_WRITE);

	if (!page && get_user_pages(address, 1, FOLL_WRITE, &page, NULL) != 1) /* acquire: mixed */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	put_page(page); /* release: mixed */
	return 0;
}
