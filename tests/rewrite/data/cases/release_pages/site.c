// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int hold(unsigned long addr, struct page **p, unsigned int count)
{
	const size_t all = count;

	if (get_user_pages(addr, count, FOLL_WRITE, p, NULL) != count)
		return -EFAULT;
	release_pages(p, count);
	release_pages(p, all);
	release_pages(p, 16);
	return 0;
}
