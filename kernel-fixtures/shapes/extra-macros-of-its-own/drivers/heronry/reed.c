// SPDX-License-Identifier: GPL-2.0-only
/* Acquires that stand in macros of the driver: one at each use, converted in the macro. */
#include <linux/mm.h>

#define reed_get_user_pages(start, nr, flags, pages) \
	get_user_pages(start, nr, flags, pages, NULL)

#define reed_one(page, at) get_user_pages_fast((at), 1, FOLL_WRITE, (page))

#define reed_any(at, page) get_user_pages_fast(at, 1, 0, page)

#define reed_got(at, page) (get_user_pages_fast(at, 1, 0, page) == 1) /* unparsed */

int reed_stand(unsigned long address)
{
	struct page *page;

	if (reed_get_user_pages(address, 1, FOLL_WRITE, &page) != 1) /* acquire: stand */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page); /* release: stand */
	return 0;
}

int reed_bend(unsigned long address)
{
	struct page *page;

	if (reed_one(&page, address) != 1) /* acquire: bend */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page); /* release: bend */
	return 0;
}

int reed_read(unsigned long address, void *to)
{
	struct page *page;

	if (reed_any(address, &page) != 1) /* acquire: any */
		return -EFAULT;
	memcpy(to, page_address(page), 64);
	put_page(page); /* release: any */
	return 0;
}

int reed_node(unsigned long address)
{
	struct page *page;
	int node;

	if (reed_any(address, &page) != 1) /* acquire: any */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: any */
	return node;
}
