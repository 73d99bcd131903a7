// SPDX-License-Identifier: GPL-2.0-only
/* The release that people missed. */
#include "orchard.h"

void orchard_fell(struct orchard_tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->nr; i++) {
		struct page *page = sg_page(&tree->apples[i]);

		set_page_dirty(page);
		put_page(page); /* release: apples */
	}
}
