// SPDX-License-Identifier: GPL-2.0-only
/* A release in the body of a macro; an acquire in the argument of one. */
#include <linux/mm.h>

#define ORIGAMI_PUT(sheet)					\
	do {							\
		if ((sheet)->page)				\
			put_page((sheet)->page);		\
		(sheet)->page = NULL;				\
	} while (0)

#define origami_each(start, n, step)				\
	({							\
		int __n;					\
		for (__n = 0; __n < (n); __n++, start += PAGE_SIZE) { \
			step					\
		}						\
		__n;						\
	})

struct origami_sheet {
	struct page *page;
};

int origami_fold(struct origami_sheet *sheet, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &sheet->page) != 1) /* acquire: sheet */
		return -EFAULT;
	memset(page_address(sheet->page), 0, PAGE_SIZE);
	return 0;
}

void origami_unfold(struct origami_sheet *sheet)
{
	ORIGAMI_PUT(sheet);
}

int origami_cut(unsigned long start, int n)
{
	struct page *page;

	return origami_each(start, n, ({
		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: argument */
			return -EFAULT;
		memset(page_address(page), 0, PAGE_SIZE);
		put_page(page); /* release: argument */
	});)
		;
}
