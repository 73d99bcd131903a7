// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static long all(unsigned long addr, struct page **p, unsigned int more, bool write)
{
	unsigned int gup_flags = FOLL_GET;
	unsigned int some = FOLL_FORCE | FOLL_GET;

	if (write)
		some |= FOLL_WRITE;
	gup_flags |= FOLL_LONGTERM;
	get_user_pages_unlocked(addr, 1, p, FOLL_GET);
	get_user_pages_unlocked(addr, 1, p, FOLL_GET | FOLL_WRITE);
	get_user_pages_unlocked(addr, 1, p, FOLL_WRITE | FOLL_GET | more);
	get_user_pages_unlocked(addr, 1, p, (FOLL_WRITE |
					     FOLL_GET));
	get_user_pages_unlocked(addr, 1, p, /* a */ FOLL_GET /* b */);
	get_user_pages_unlocked(addr, 1, p, write ? FOLL_WRITE | FOLL_GET : FOLL_GET);
	get_user_pages_unlocked(addr, 1, p, gup_flags);
	get_user_pages_unlocked(addr, 1, p, some);
	get_user_pages_unlocked(addr, 1, p, FOLL_LONGTERM);
	get_user_pages_unlocked(addr, 1, p, true);
	get_user_pages_unlocked(addr, 1, p, 1);
	get_user_pages_unlocked(addr, 1, p, false);
	get_user_pages_unlocked(addr, 1, p, more == 3);
	get_user_pages_unlocked(addr, 1, p, !more);
	get_user_pages_unlocked(addr, 1, p, write);
	look(FOLL_GET);
	put_page(*p);
	return follow(addr, FOLL_GET);
}
