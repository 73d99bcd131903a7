// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void family(struct mm_struct *mm, unsigned long addr, struct page **p, int write)
{
	int locked = 1;

	get_user_pages(addr, 2, FOLL_WRITE | FOLL_FORCE, p, NULL);
	get_user_pages_remote(current, mm, addr, 2, FOLL_GET | FOLL_WRITE, p, NULL);
	get_user_pages_remote(NULL, mm, addr, 2,
			      write ? FOLL_WRITE : 0, p, NULL);
	get_user_pages_locked(addr, 2, FOLL_WRITE, p, &locked);
	get_user_pages_unlocked(addr, 2, p, FOLL_FORCE);
	get_user_pages_fast(addr, 2, 1, p);
	get_user_pages_fast(addr, 2, write, p);
	put_page(p[0]);
	release_pages(p, 2, 0);
}
