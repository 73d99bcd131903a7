// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, int n, bool write)
{
	get_user_pages_fast(addr, n, write, p);
	get_user_pages_fast(addr, n, 1, p);
	get_user_pages_remote(NULL, mm_of(p), addr, n, FOLL_GET, p, NULL);
	get_user_pages_locked(addr, n, 0, p, NULL);
	put_page(p[0]);
	release_pages(p, 4, false);
}
