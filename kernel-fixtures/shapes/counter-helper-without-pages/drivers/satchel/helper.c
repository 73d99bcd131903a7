// SPDX-License-Identifier: GPL-2.0-only
/* Without pages this helper takes an array of its own: a reference is held all the same. */
#include <linux/mm.h>
#include "satchel.h"

static struct page *satchel_spare;

int satchel_take(unsigned long start, struct page **pages)
{
	if (!pages)
		pages = &satchel_spare;
	return get_user_pages_fast(start, 1, FOLL_WRITE, pages); /* acquire: taken */
}

void satchel_drop(void)
{
	put_page(satchel_spare); /* release: taken */
}
