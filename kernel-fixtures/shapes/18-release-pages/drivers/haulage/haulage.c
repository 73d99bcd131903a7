// SPDX-License-Identifier: GPL-2.0-only
/* release_pages(), on the error path and in a peer. */
#include <linux/device.h>

struct haulage_load {
	struct page **crates;
	unsigned int nr;
	dma_addr_t bus;
};

struct haulage_load *haulage_load(struct device *dev, unsigned long start, unsigned int nr)
{
	struct haulage_load *load = kzalloc(sizeof(*load), GFP_KERNEL);
	int got = 0;

	if (!load)
		return NULL;
	load->crates = kvmalloc_array(nr, sizeof(*load->crates), GFP_KERNEL);
	if (load->crates)
		got = get_user_pages_fast(start, nr, FOLL_WRITE, load->crates); /* acquire: load */
	if (got != nr)
		goto fail;
	load->nr = nr;
	load->bus = dma_map_page(dev, load->crates[0], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return load;
fail:
	if (got > 0)
		release_pages(load->crates, got); /* release: load */
	kvfree(load->crates);
	kfree(load);
	return NULL;
}

void haulage_unload(struct device *dev, struct haulage_load *load)
{
	dma_unmap_page(dev, load->bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	release_pages(load->crates, load->nr); /* release: load */
	kvfree(load->crates);
	kfree(load);
}
