// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct range {
	size_t held;
	int asked;
};

struct buffer {
	struct page **pages;
	struct range range;
};

static int hold(struct buffer *b, unsigned long addr, unsigned int count)
{
	b->range.held = 0;
	if (get_user_pages_fast(addr, count, FOLL_WRITE, b->pages) != count)
		return -EFAULT;
	b->range.held = count;
	return 0;
}

static void drop(struct buffer *b)
{
	release_pages(b->pages, (long)b->range.asked);
}
