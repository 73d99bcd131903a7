// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, unsigned int flags)
{
	get_user_pages_unlocked(addr, 1, p, flags);
	put_page(*p);
}

static void two(unsigned long addr, struct page **p)
{
	one(addr, p, FOLL_GET);
}
