/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SCATTERLIST_H
#define _LINUX_SCATTERLIST_H

#include <linux/gfp.h>
#include <linux/types.h>

struct scatterlist {
	struct page *page;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
};

struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};

static inline struct page *sg_page(struct scatterlist *sg)
{
	return sg->page;
}

static inline struct scatterlist *sg_next(struct scatterlist *sg)
{
	return sg + 1;
}

static inline void sg_set_page(struct scatterlist *sg, struct page *page, unsigned int len,
			       unsigned int offset)
{
	sg->page = page;
	sg->offset = offset;
	sg->length = len;
}

#define for_each_sg(sglist, sg, nr, i) \
	for (i = 0, sg = (sglist); i < (nr); i++, sg = sg_next(sg))

int sg_alloc_table(struct sg_table *table, unsigned int nents, gfp_t gfp);
void sg_free_table(struct sg_table *table);

#endif /* _LINUX_SCATTERLIST_H */
