// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shape 5, CASE 1: put in a countdown loop. Shape 20 as well: the label release_pages and the
 * member put_page are no functions of the kernel.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct lantern_ops {
	void (*put_page)(void *cookie);
};

struct lantern {
	struct device *dev;
	const struct lantern_ops *ops;
	void *cookie;
};

int lantern_show(struct lantern *lantern, unsigned long start, unsigned int count);

static int lantern_send(struct lantern *lantern, struct page *page)
{
	dma_addr_t address = dma_map_page(lantern->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);

	if (dma_mapping_error(lantern->dev, address))
		return -EIO;
	dma_unmap_page(lantern->dev, address, PAGE_SIZE, DMA_TO_DEVICE);
	return 0;
}

int lantern_show(struct lantern *lantern, unsigned long start, unsigned int count)
{
	struct page **pages;
	int got, ret, i;

	pages = kmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	mmap_read_lock(current->mm);
	got = get_user_pages(start, count, 0, pages, NULL);
	mmap_read_unlock(current->mm);
	if (got != count) {
		ret = -EFAULT;
		goto release_pages;
	}

	for (i = 0; i < got; i++) {
		ret = lantern_send(lantern, pages[i]);
		if (ret)
			goto release_pages;
	}
	lantern->ops->put_page(lantern->cookie);

release_pages:
	while (got > 0) {
		got--;
		put_page(pages[got]);
	}
	kfree(pages);
	return ret;
}
EXPORT_SYMBOL_GPL(lantern_show);

MODULE_LICENSE("GPL");
