/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SCATTERLIST_H
#define _LINUX_SCATTERLIST_H

#include <linux/mm.h>

struct scatterlist {
	unsigned long page_link;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
};

struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

#define for_each_sg(list, sg, nr, i) \
	for (i = 0, sg = (list); i < (nr); i++, sg = sg_next(sg))

void sg_init_table(struct scatterlist *sgl, unsigned int nents);
struct scatterlist *sg_next(struct scatterlist *sg);
void sg_set_page(struct scatterlist *sg, struct page *page, unsigned int length,
		 unsigned int offset);
struct page *sg_page(struct scatterlist *sg);
int sg_alloc_table_from_pages(struct sg_table *table, struct page **pages,
			      unsigned int nr, unsigned int offset,
			      unsigned long size, gfp_t gfp);
void sg_free_table(struct sg_table *table);

#endif
