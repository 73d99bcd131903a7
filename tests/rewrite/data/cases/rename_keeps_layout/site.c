// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int fill(struct buffer *b, unsigned long addr)
{
	int i, got;

	/* get_user_pages_fast() may return less */
	got = get_user_pages_fast(addr, b->count, /* to be read */ FOLL_WRITE,
				  b->pages /* ours */);
	if (got < 0) {
		pr_err("get_user_pages_fast() failed\n");
		return got;
	}
	if (got < b->count) { for (i = 0;i<got;i++) put_page( b->pages[i] ) ; return -EFAULT; }

	return 0;
}

static void drop(struct buffer *b)
{
	int i;

	for (i = 0; i < b->count; i++) {
		if (b->dirty)
			set_page_dirty_lock(b->pages[i]);
		put_page(b->pages[i]);
	}
}
