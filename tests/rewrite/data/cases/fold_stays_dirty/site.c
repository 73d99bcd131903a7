// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int take(unsigned long addr, struct page **pages, unsigned int n)
{
	return get_user_pages_fast(addr, n, FOLL_WRITE, pages);
}

static void without_lock(struct page **pages, unsigned int n, bool dirty)
{
	int i;

	for (i = 0; i < n; i++) {
		if (dirty)
			set_page_dirty(pages[i]);
		put_page(pages[i]);
	}
	for (i = 0; i < n; i++) {
		SetPageDirty(pages[i]);
		put_page(pages[i]);
	}
}

static void other_page(struct page **pages, struct page **more, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++) {
		set_page_dirty_lock(more[i]);
		put_page(pages[i]);
	}
}

static void each_its_own(struct page **pages, bool *dirty, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (dirty[i])
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
	for (i = 0; i < n; i++) {
		if (was_written(pages))
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
	for (i = 0; i < n; i++) {
		if (PageUptodate(pages[i]))
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]);
	}
}

static void otherwise(struct page **pages, unsigned int n, bool dirty)
{
	int i;

	for (i = 0; i < n; i++) {
		if (dirty)
			set_page_dirty_lock(pages[i]);
		else
			look(pages[i]);
		put_page(pages[i]);
	}
	while (n)
		set_page_dirty_lock(pages[--n]);
}

static void released_first(struct page **pages, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++) {
		put_page(pages[i]);
		set_page_dirty_lock(pages[i]);
	}
}
