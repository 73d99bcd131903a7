// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

extern struct page *trapdoor_shared;

void pantry_close(void)
{
	put_page(trapdoor_shared);
}
