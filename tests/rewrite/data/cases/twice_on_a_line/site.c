// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int both(unsigned long a, unsigned long b, struct page **p)
{
	if (get_user_pages_fast(a, 1, 0, p) + get_user_pages_fast(b, 1, FOLL_GET, p + 1) != 2)
		return -EFAULT;
	put_page(p[0]), put_page(p[1]);
	return 0;
}
