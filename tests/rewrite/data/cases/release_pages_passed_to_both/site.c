// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int list_them(struct page **p, int got)
{
	return p[got - 1] ? 0 : -ENOMEM;
}

#ifdef CONFIG_LISTS
#define list_them(p, got) ((got = -1))
#endif

static int hold(unsigned long addr, struct page **p, unsigned int count)
{
	int got, err;

	got = get_user_pages(addr, count, FOLL_WRITE, p, NULL);
	if (got < 0)
		return got;
	err = list_them(p, got);
	if (err)
		release_pages(p, got);
	return err;
}
