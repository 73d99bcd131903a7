// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int nested(struct buffer *b, struct page **p)
{
	if (likely(get_user_pages_fast(b->addr,
				       min(b->count,
					   b->limit),
				       FOLL_WRITE, p) == b->count) &&
	    check(b))
		return 0;
	b->got = get_user_pages_fast(b->addr,
		b->count, FOLL_WRITE,
			p);
        get_user_pages_fast(b->addr,
                            b->count,
                            FOLL_WRITE, p);
	get_user_pages_fast(
			b->addr,
			b->count, 0, p);
	put_page(pick(p,
		      b->got)); report(p,
				       b);
	return -EFAULT;
}
