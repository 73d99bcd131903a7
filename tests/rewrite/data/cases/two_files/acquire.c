// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

int acquire(unsigned long addr, struct page **p)
{
	return get_user_pages_fast(addr, 1, FOLL_WRITE, p);
}
