// SPDX-License-Identifier: GPL-2.0-only
/* The other ways to say dirty. */
#include <linux/mm.h>

static void easel_dirty(struct page **pages, int nr)
{
	while (nr--)
		set_page_dirty_lock(pages[nr]);
}

int easel_fold(unsigned long start, struct page **scratch, const void *data)
{
	struct page *pages[4];
	int i, got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: fold */

	for (i = 0; i < got; i++) {
		memcpy(page_address(pages[i]), data, PAGE_SIZE);
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: fold */
	}
	return got;
}

int easel_branch(unsigned long start, const void *data, bool failed)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: branch */
		return -EFAULT;
	if (failed) {
		put_page(page); /* release: branch */
	} else {
		memcpy(page_address(page), data, PAGE_SIZE);
		if (trylock_page(page)) {
			set_page_dirty(page);
			unlock_page(page);
		}
		put_page(page); /* release: branch */
	}
	return 0;
}

int easel_callee(unsigned long start, const void *data)
{
	struct page *pages[2];
	int i, got = get_user_pages_fast(start, 2, FOLL_WRITE, pages); /* acquire: callee */

	if (got == 2) {
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
		easel_dirty(pages, got);
	}
	for (i = 0; i < got; i++)
		put_page(pages[i]); /* release: callee */
	return 0;
}
