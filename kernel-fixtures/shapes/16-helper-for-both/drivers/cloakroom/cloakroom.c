// SPDX-License-Identifier: GPL-2.0-only
/* A local helper whose other caller hands it a page that was looked up. */
#include <linux/mm.h>

static void cloakroom_release(struct page *page, bool dirty)
{
	if (dirty)
		set_page_dirty_lock(page);
	put_page(page); /* release: coat */
}

int cloakroom_coat(unsigned long address, const void *data)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: coat */
		return -EFAULT;
	memcpy(page_address(page), data, PAGE_SIZE);
	cloakroom_release(page, true);
	return 0;
}

void cloakroom_found(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	get_page(page);
	cloakroom_release(page, false);
}
