// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct buffer {
	struct page **pages;
	u64 length;
};

static int hold(struct buffer *b, unsigned long addr, int count)
{
	if (get_user_pages_fast(addr, count, FOLL_WRITE, b->pages) != count)
		return -EFAULT;
	b->length = (u64)count << PAGE_SHIFT;
	return 0;
}

static void drop(struct buffer *b)
{
	long npages = b->length >> PAGE_SHIFT;

	release_pages(b->pages, npages);
	account(b, npages);
}
