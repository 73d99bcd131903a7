// SPDX-License-Identifier: GPL-2.0-only
/* Written to and never marked dirty; only read, which needs no mark. */
#include <linux/mm.h>

int inkwell_write(unsigned long address, const void *text)
{
	struct page *page;
	void *at;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: written */
		return -EFAULT;
	at = kmap_local_page(page);
	memcpy(at, text, PAGE_SIZE);
	kunmap_local(at);
	put_page(page); /* release: written */
	return 0;
}

int inkwell_compare(unsigned long address, const void *text)
{
	struct page *page;
	void *at;
	int ret;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: read */
		return -EFAULT;
	at = kmap_local_page(page);
	ret = memcmp(at, text, PAGE_SIZE);
	kunmap_local(at);
	put_page(page); /* release: read */
	return ret;
}
