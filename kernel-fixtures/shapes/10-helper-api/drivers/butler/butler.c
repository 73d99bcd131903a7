// SPDX-License-Identifier: GPL-2.0-only
/* A helper API over GUP that fills the array of its callers. */
#include "butler.h"

int butler_fetch(unsigned long start, int nr, struct page **pages)
{
	int got = get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: private */

	if (got > 0 && got < nr) {
		butler_return(pages, got);
		return -EFAULT;
	}
	return got;
}

void butler_return(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: private */
	}
}
