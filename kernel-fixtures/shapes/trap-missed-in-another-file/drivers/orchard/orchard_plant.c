// SPDX-License-Identifier: GPL-2.0-only
/* The error path here and the end in another file must move together. */
#include "orchard.h"

int orchard_plant(struct device *dev, struct orchard_tree *tree, unsigned long start)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: apples */
	if (got < 4) {
		for (i = 0; i < got; i++)
			put_page(pages[i]); /* release: apples */
		return -EFAULT;
	}
	sg_init_table(tree->apples, 4);
	for (i = 0; i < 4; i++)
		sg_set_page(&tree->apples[i], pages[i], PAGE_SIZE, 0);
	tree->nr = dma_map_sg(dev, tree->apples, 4, DMA_BIDIRECTIONAL);
	if (!tree->nr) {
		orchard_fell(tree);
		return -ENOMEM;
	}
	return 0;
}
