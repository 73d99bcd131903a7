/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/scatterlist.h>

struct device {
	const char *name;
};

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };

dma_addr_t dma_map_page(struct device *dev, struct page *page, size_t offset,
			size_t size, enum dma_data_direction direction);
void dma_unmap_page(struct device *dev, dma_addr_t address, size_t size,
		    enum dma_data_direction direction);
int dma_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
	       enum dma_data_direction direction);
void dma_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
		  enum dma_data_direction direction);
void writel(u32 value, void __iomem *address);
void writeq(u64 value, void __iomem *address);

#endif
