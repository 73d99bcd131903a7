// SPDX-License-Identifier: GPL-2.0-only
/* Releases that stand in macros of the driver: converted where they stand, when all uses agree. */
#include <linux/mm.h>

#define HERONRY_PUT(_page) do {			\
	set_page_dirty_lock(_page);		\
	put_page(_page); /* release: nest */ \
} while (0)

#define heronry_drop(page) put_page(page) /* release: perch */

#define heronry_let_go(page, seen) (seen ? (void)0 : put_page(page))

#define HERONRY_FREE(page) put_page(page) /* release: foreign */

#ifdef CONFIG_HERONRY_LATE
#define heronry_late(page) put_page(page) /* release: either */
#else
#define heronry_late(page) __free_page(page)
#endif

int heronry_nest(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: nest */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	HERONRY_PUT(page);
	return 0;
}

int heronry_perch(unsigned long address, bool quiet)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: perch */
		return -EFAULT;
	if (quiet) {
		heronry_drop(page);
		return 0;
	}
	memset(kmap(page), 0, 64);
	kunmap(page);
	heronry_drop(page);
	return 0;
}

int heronry_foreign(unsigned long address)
{
	struct page *page, *own = alloc_page(GFP_KERNEL);

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: foreign */
		return -EFAULT;
	memcpy(page_address(page), page_address(own), 64);
	HERONRY_FREE(page);
	HERONRY_FREE(own);
	return 0;
}

int heronry_either(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: either */
		return -EFAULT;
	memset(page_address(page), 0, 64);
	heronry_late(page);
	return 0;
}
