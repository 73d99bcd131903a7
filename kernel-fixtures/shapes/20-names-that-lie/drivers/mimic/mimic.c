// SPDX-License-Identifier: GPL-2.0-only
/* A static function, a field, labels, strings and comments by the names of the API. */
#include <linux/mm.h>

struct mimic_ops {
	int (*get_user_pages)(unsigned long start, int nr);
	void (*put_page)(struct mimic_ops *ops, int n);
};

/* Not GUP: get_user_pages_fast(start, nr, 0, pages) is only talked about here. */
static int get_user_pages_fast_count(unsigned long start)
{
	pr_info("get_user_pages_fast(%lx) does not happen", start);
	return 0;
}

static int pin_user_pages_here(unsigned long start, int nr, struct page **pages)
{
	return get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: real */
}

int mimic_run(struct mimic_ops *ops, unsigned long start)
{
	struct page *pages[2];
	int got = pin_user_pages_here(start, 2, pages), i;

	if (got != 2)
		goto put_pages;
	if (ops->get_user_pages(start, 2) || get_user_pages_fast_count(start))
		goto release_pages;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
release_pages:
	ops->put_page(ops, got);
put_pages:
	for (i = 0; i < got; i++)
		put_page(pages[i]); /* release: real */
	return 0;
}
