// SPDX-License-Identifier: GPL-2.0-only
/* Macros between the arguments: which one is which is not for a parser to say. */
#include <linux/mm.h>

#define ABACUS_NEXT +PAGE_SIZE
#define ABACUS_AND ,

int abacus_next(unsigned long abacus, struct page **pages)
{
	int got = get_user_pages_fast(abacus ABACUS_NEXT, 1, 0, pages); /* acquire: next */

	if (got == 1)
		put_page(pages[0]);
	return got;
}

int abacus_both(unsigned long abacus)
{
	struct page *page;

	if (get_user_pages_fast(abacus, 1 ABACUS_AND FOLL_WRITE, &page) != 1) /* acquire: both */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page);
	return 0;
}

int abacus_maybe(unsigned long abacus)
{
	struct page *page;
	int got;

	got = get_user_pages_fast(abacus, 1, FOLL_WRITE, /* acquire: maybe */
#ifdef CONFIG_ABACUS
				  &page
#else
				  NULL
#endif
				  );
	return got;
}
