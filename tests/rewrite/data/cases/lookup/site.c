// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

/* The node of a page, as get_user_pages_fast() finds it. */
static int node_of(unsigned long addr)
{
	struct page *page = NULL;
	int ret;

	ret = get_user_pages_fast(addr & PAGE_MASK, 1, 0, &page);
	if (ret > 0) {
		ret = page_to_nid(page);
		put_page(page);
	}
	return ret;
}

static int key_of(unsigned long addr, bool look, unsigned long *key)
{
	struct page *pages[1];
	int ret;

	ret = get_user_pages_fast(addr, 1, FOLL_WRITE, pages);
	if (ret == -EFAULT && look)
		ret = get_user_pages_fast(addr, 1, FOLL_GET,
					  pages);
	if (ret < 0)
		return ret;
	*key = page_to_pfn(pages[0]);
	put_page(pages[0]);
	return 0;
}

static int number_of(unsigned long addr, int write, unsigned long *pfn)
{
	struct page *page;

	if (get_user_pages(addr, 1, write ? FOLL_WRITE : 0, &page, NULL) <= 0)
		return -EFAULT;
	*pfn = page_to_pfn(page);
	put_page(page);
	return 0;
}
