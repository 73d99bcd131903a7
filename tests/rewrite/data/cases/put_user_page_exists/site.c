// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, unsigned int n, bool write)
{
	get_user_pages(addr, n, write ? FOLL_WRITE : 0, p, NULL);
	put_user_page(p[0]);
	put_page(p[1]);
	release_pages(p + 2, n);
	put_user_pages(p, n);
}
