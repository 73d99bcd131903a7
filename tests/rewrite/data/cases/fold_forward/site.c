// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct inner {
	struct page *array[16];
	unsigned long nr;
};

struct buffer {
	struct page **pages;
	unsigned int count;
	struct inner inner;
};

static int member(struct buffer *b, unsigned long addr)
{
	int i, ret;

	ret = get_user_pages_fast(addr, b->count, FOLL_WRITE, b->pages);
	if (ret < 0)
		return ret;

	/* what is left of it */
	for (i = 0; i < b->count; i++)
		put_page(b->pages[i]);	/* gone */

	for (i = 0; i < b->inner.nr; ++i) {
		put_page(b->inner.array[i]);
	}

	return 0;
}

static int tested(unsigned long addr, struct page **pages, int want)
{
	int got, i;

	got = get_user_pages_fast(addr, want, 0, pages);
	if (got < 0)
		return got;
	for (i = 0; i < got; i++) put_page(pages[i]);
	for (int j = 0; j < got; j++)
		put_page(pages[j]);
	for (i = got - 1; i >= 0; i--)
		put_page(pages[i]);
	return 0;
}

static void each(struct buffer *b, struct list *list)
{
	int i;

	list_for_each_entry(b, list, node) {
		for (i = 0; i < b->count; i++)
			put_page(b->pages[i]);
		kfree(b->pages);
	}
}

static void through_a_variable(struct page **pages, unsigned int n)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < n; i++) {
		page = pages[i];
		put_page(page);
	}
	for (i = 0; i < n; i++) {
		struct page *one = pages[i];

		put_page(one);
	}
}

static int long_names_that_do_not_fit(struct buffer *the_buffer_of_this_driver)
{
	unsigned int i;

	if (the_buffer_of_this_driver->count)
		for (i = 0; i < the_buffer_of_this_driver->inner.nr; i++)
			put_page(the_buffer_of_this_driver->inner.array[i]);
	return 0;
}
