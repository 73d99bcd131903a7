// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, struct mm_struct *mm)
{
	get_user_pages(addr, 1, FOLL_WRITE, p);
	get_user_pages_remote(mm, addr, 1, FOLL_GET, p, NULL);
	put_page(*p);
}
