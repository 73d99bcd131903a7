// SPDX-License-Identifier: GPL-2.0-only
/* What is written or read is the pointer, or is never compiled: the data is left alone. */
#include <linux/mm.h>

u32 jhash(const void *key, u32 length, u32 initial);

u32 tally_digest(unsigned long address)
{
	struct page *page;
	u32 digest;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: digest */
		return 0;
	digest = jhash(&page, sizeof(page), 0);
	put_page(page); /* release: digest */
	return digest;
}

int tally_never(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: never */
		return -EFAULT;
	node = page_to_nid(page);
#if 0
	memset(kmap(page), 0, 64);
	kunmap(page);
#endif
	if (0)
		memset(page_address(page), 0, 64);
	put_page(page); /* release: never */
	return node;
}
