// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(struct request *r, struct page **p)
{
	r->flags = FOLL_GET;
	get_user_pages_unlocked(r->addr, 1, p, r->flags);
	put_page(*p);
}
