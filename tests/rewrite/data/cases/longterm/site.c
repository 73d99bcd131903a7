// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, int n, bool write)
{
	get_user_pages_longterm(addr, n, write ? FOLL_WRITE : 0, p, NULL);
	get_user_pages_longterm(addr, n, write, p, NULL);
	put_page(p[0]);
}
