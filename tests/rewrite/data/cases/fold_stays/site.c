// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct box {
	struct page **pages;
	int nr;
	unsigned int count;
	void **anything;
	unsigned long *numbers;
};

static int take(unsigned long addr, struct page **pages, unsigned int n)
{
	return get_user_pages_fast(addr, n, FOLL_WRITE, pages);
}

static int maybe_negative(struct page **pages, int n, struct box *box)
{
	int i;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
	for (i = 0; i < box->nr; i++)
		put_page(box->pages[i]);
	while (--n >= 0)
		put_page(pages[n]);
	return 0;
}

static void more_in_it(struct page **pages, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++) {
		put_page(pages[i]);
		pages[i] = NULL;
	}
	for (i = 0; i < n; i++) {
		look(pages[i]);
		put_page(pages[i]);
	}
	for (i = 0; i < n; i++) {
		/* the last one */
		put_page(pages[i]);
	}
}

static void tests(struct page **pages, unsigned int n, struct box *box)
{
	int i;

	for (i = 0; i < n; i++)
		if (pages[i])
			put_page(pages[i]);
	for (i = 0; i < n && pages[i]; i++)
		put_page(pages[i]);
	for (i = 0; pages && i < n; i++)
		put_page(pages[i]);
	for (i = 0; i < n; i++) {
		if (!pages[i])
			break;
		put_page(pages[i]);
	}
}

static unsigned int other_heads(struct page **pages, unsigned int n, struct box *box)
{
	unsigned int i;

	for (i = 1; i < n; i++)
		put_page(pages[i]);
	for (i = 0; i < n; i += 2)
		put_page(pages[i]);
	for (i = 0; i <= n; i++)
		put_page(pages[i]);
	for (i = 0; i != n; i++)
		put_page(pages[i]);
	for (i = 0; i < n; i++)
		put_page(pages[i + 1]);
	for (i = 0; i < n; i++)
		put_page(*pages++);
	for (i = 0; i < count(box); i++)
		put_page(pages[i]);
	for (i = 0; i < n - i; i++)
		put_page(pages[i]);
	for (i = 0; i < n; i++)
		put_page(boxes[i].pages[i]);
	return 0;
}

static unsigned int read_afterwards(struct page **pages, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++)
		put_page(pages[i]);
	for (j = 0; j < n; j++)
		put_page(pages[j]);
	if (j > 3)
		look(j);
	return i;
}

static void other_arrays(struct box *box, const struct page *const *fixed)
{
	int i;

	for (i = 0; i < box->count; i++)
		put_page(box->anything[i]);
	for (i = 0; i < box->count; i++)
		put_page((struct page *)box->numbers[i]);
	for (i = 0; i < box->count; i++)
		put_page(fixed[i]);
	for (i = 0; i < box->count; i++)
		put_page(compound_head(box->pages[i]));
}

static int preprocessor(struct page **pages, unsigned int n)
{
	int i;

	for (i = 0; i < n; i++)
#ifdef CONFIG_MMU
		put_page(pages[i]);
#else
		look(pages[i]);
#endif
	return 0;
}
