// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void put_all(struct page **p, int n)
{
	while (n--)
		put_page(p[n]);
}

void release(struct page **p, int n)
{
	put_all(p, n);
}
