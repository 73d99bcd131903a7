// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(struct buffer *b, struct page **p)
{
	get_user_pages_fast(p,
#ifdef CONFIG_WIDE
			    b->wide,
#else
			    b->count,
#endif
			    FOLL_WRITE, p);
	put_page(*p);
}
