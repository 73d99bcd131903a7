// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int alone(unsigned long addr, struct page **pages)
{
	int i, num_pinned = get_user_pages_fast(addr, 4, FOLL_WRITE, pages);

	if (pages && (num_pinned > 0)) {
		for (i = 0; i < num_pinned; i++)
			put_page(pages[i]);
	}

	return 0;
}

static void other_branch_has_braces(struct page **pages, unsigned int n)
{
	int i;

	if (n) {
		for (i = 0; i < n; i++)
			put_page(pages[i]);
	} else {
		look(pages);
		look(pages[0]);
	}
}

static void other_branch_has_none(struct page **pages, unsigned int n)
{
	int i;

	if (n > 2)
		look(pages);
	else if (n) {
		for (i = 0; i < n; i++)
			put_page(pages[i]);
	} else
		look(pages[0]);
}

static void with_a_comment(struct page **pages, unsigned int n)
{
	int i;

	if (n) {
		/* not needed any more */
		for (i = 0; i < n; i++)
			put_page(pages[i]);
	}
}

static void with_another_statement(struct page **pages, unsigned int n)
{
	int i;

	while (more(pages)) {
		for (i = 0; i < n; i++)
			put_page(pages[i]);
	}
	if (n) {
		for (i = 0; i < n; i++)
			put_page(pages[i]);
		look(pages);
	}
}
