// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p)
{
	unsigned int flags = FOLL_GET | FOLL_WRITE;

	get_user_pages_unlocked(addr, 1, p, flags);
	follow(addr, flags);
	put_page(*p);
}
