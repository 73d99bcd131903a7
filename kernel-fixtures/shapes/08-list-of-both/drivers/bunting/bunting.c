// SPDX-License-Identifier: GPL-2.0-only
/* A scatterlist with a page of user space and one of the kernel in it. */
#include <linux/device.h>

struct bunting {
	struct scatterlist sgl[2];
};

int bunting_tie(struct bunting *bunting, unsigned long start, const void *data)
{
	struct page *page;

	sg_init_table(bunting->sgl, 2);
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: tied */
		return -EFAULT;
	memcpy(page_address(page), data, PAGE_SIZE);
	sg_set_page(&bunting->sgl[0], page, PAGE_SIZE, 0);
	sg_set_page(&bunting->sgl[1], alloc_page(GFP_KERNEL), PAGE_SIZE, 0);
	return 0;
}

void bunting_untie(struct bunting *bunting)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(bunting->sgl, sg, 2, i)
		put_page(sg_page(sg)); /* release: tied */
}
