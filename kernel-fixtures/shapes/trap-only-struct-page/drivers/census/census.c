// SPDX-License-Identifier: GPL-2.0-only
/* Callers that ask struct page and nothing else: converted with the rest, and taken back. */
#include <linux/mm.h>

int census_kind(unsigned long address)
{
	struct page *page;
	int kind;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: kind */
		return -EFAULT;
	kind = PageAnon(page) ? 1 : PageCompound(page) ? 2 : 0;
	put_page(page); /* release: kind */
	return kind;
}

int census_nodes(unsigned long start, int *nodes)
{
	struct page *pages[16];
	int i, got = get_user_pages_fast(start, 16, FOLL_WRITE, pages); /* acquire: nodes */

	for (i = 0; i < got; i++) {
		nodes[i] = page_to_nid(pages[i]);
		put_page(pages[i]); /* release: nodes */
	}
	return got;
}

bool census_present(unsigned long address, phys_addr_t *phys)
{
	struct page *page;

	if (!get_user_page_fast_only(address, 0, &page)) /* acquire: present */
		return false;
	*phys = page_to_phys(page);
	put_page(page); /* release: present */
	return true;
}
