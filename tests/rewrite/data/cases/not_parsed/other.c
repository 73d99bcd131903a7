// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void other(struct page **p)
{
	put_page(*p);
}
