// SPDX-License-Identifier: GPL-2.0-only
/* Acquire and release in the argument of a macro. */
#include <linux/mm.h>

#define origami_each(start, n, step)				\
	({							\
		int __n;					\
		for (__n = 0; __n < (n); __n++, start += PAGE_SIZE) { \
			step					\
		}						\
		__n;						\
	})

int origami_cut(unsigned long start, int n)
{
	struct page *page;

	return origami_each(start, n, ({
		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: argument */ /* maybe unparsed */
			return -EFAULT;
		memset(page_address(page), 0, PAGE_SIZE);
		put_page(page); /* release: argument */ /* maybe unparsed */
	});)
		;
}
