// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int take(unsigned long addr, struct page **pages, unsigned int n)
{
	return get_user_pages_fast(addr, n, FOLL_WRITE, pages);
}

static void alone(struct page **pages, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
}

static void first_of_list(struct page **pages, unsigned int n)
{
	int i, *ret = look(n);
	bool done;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
	finish(ret, &done);
}

static void last_of_list(struct page **pages, unsigned int n)
{
	struct page *second = pages[1], *page;
	unsigned long flags, i = 0;

	for (i = 0; i < n; i++) {
		page = pages[i];
		put_page(page);
	}
	finish(second, flags);
}

static void middle_of_list(struct page **pages, unsigned int n)
{
	int ret, i, more;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
	finish(ret, more);
}

static void all_of_two(struct page **pages, unsigned int n)
{
	struct page *page;
	int i;

	for (i = 0; i < n; i++) {
		page = pages[i];
		set_page_dirty_lock(page);
		put_page(page);
	}
}

static void used_elsewhere(struct page **pages, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++)
		look(pages[i]);
	for (i = 0; i < n; i++)
		put_page(pages[i]);
}

static void inner_block(struct page **pages, unsigned int n)
{
	if (pages) {
		int i;

		for (i = 0; i < n; i++)
			put_page(pages[i]);
	}
}

static void with_a_comment(struct page **pages, unsigned int n)
{
	int i;	/* page */

	for (i = 0; i < n; i++)
		put_page(pages[i]);
}

static void marked(struct page **pages, unsigned int n)
{
	int i __maybe_unused;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
}
