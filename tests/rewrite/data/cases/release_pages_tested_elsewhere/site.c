// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int hold(unsigned long addr, struct page **p, unsigned int count)
{
	long got;

	got = get_user_pages(addr, count, FOLL_WRITE, p, NULL);
	if (got <= 0)
		goto out;
	look(p);
out:
	release_pages(p, got);
	return got;
}
