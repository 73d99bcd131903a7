// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct page *twin_page(unsigned long start);

void twin_far(unsigned long start)
{
	struct page *page = twin_page(start); /* acquire: far */

	if (page)
		put_page(page);
}
