// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p)
{
	asm goto ("" : : : : out);

	get_user_pages_fast(addr, 1, FOLL_WRITE, p);
	put_page(*p);
out:
	return;
}
