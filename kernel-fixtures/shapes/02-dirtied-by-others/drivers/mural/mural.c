// SPDX-License-Identifier: GPL-2.0-only
/* Whoever marks the pages dirty may keep them, too: nothing is known of it. */
#include <linux/mm.h>

int mural_dirty_later(struct page **pages, int nr);

int mural_paint(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: later */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	if (!mural_dirty_later(pages, got))
		return 0;
	for (i = 0; i < got; i++)
		put_page(pages[i]); /* release: later */
	return 0;
}
