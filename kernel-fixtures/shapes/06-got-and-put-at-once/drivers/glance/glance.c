// SPDX-License-Identifier: GPL-2.0-only
/* One page, got and put in one function: CASE 4 twice, and twice not. */
#include <linux/mm.h>

int glance_node(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address & PAGE_MASK, 1, 0, &page) != 1) /* acquire: node */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: node */
	return node;
}

int glance_phys(unsigned long address, phys_addr_t *phys)
{
	struct page *page;

	if (get_user_pages(address, 1, FOLL_WRITE, &page, NULL) <= 0) /* acquire: phys */
		return -EFAULT;
	*phys = page_to_phys(page);
	put_page(page); /* release: phys */
	return 0;
}

int glance_write(unsigned long address, u32 value)
{
	struct page *page;
	u32 *at;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: write */
		return -EFAULT;
	at = kmap_local_page(page);
	*at = value;
	kunmap_local(at);
	set_page_dirty_lock(page);
	put_page(page); /* release: write */
	return 0;
}

u32 glance_read(unsigned long address)
{
	struct page *page;
	u32 *at, value;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: read */
		return 0;
	at = kmap_local_page(page);
	value = *at;
	kunmap_local(at);
	put_page(page); /* release: read */
	return value;
}
