// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void always(unsigned long addr, struct page **p, unsigned int n)
{
	unsigned int i;

	get_user_pages_fast(addr, n, FOLL_WRITE, p);
	for (i = 0; i < n; i++) {
		set_page_dirty_lock(p[i]);
		put_page(p[i]);
	}
}

static void not_yet(unsigned long addr, struct page **p, unsigned int n)
{
	struct page *page;
	unsigned int i;

	get_user_pages_fast(addr, n, FOLL_WRITE, p);
	for (i = 0; i < n; i++) {
		page = p[i];
		if (!PageDirty(page))
			set_page_dirty_lock(page);
		put_page(page);
	}
}

static void on_a_condition(unsigned long addr, struct page **p, unsigned int n, bool write)
{
	unsigned int i;

	get_user_pages_fast(addr, n, FOLL_WRITE, p);
	for (i = 0; i < n; i++) {
		if (write)
			set_page_dirty_lock(p[i]);
		put_page(p[i]);
	}
}

static void never(unsigned long addr, struct page **p, unsigned int n)
{
	get_user_pages_fast(addr, n, FOLL_WRITE, p);
	while (n--)
		put_page(p[n]);
}
