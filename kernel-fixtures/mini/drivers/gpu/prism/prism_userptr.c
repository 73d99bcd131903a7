// SPDX-License-Identifier: GPL-2.0-only
/* Shape 2, CASE 2: dirtied page by page on the way out, when the device may have written. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct prism_object {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addresses;
	unsigned long nr_pages;
	bool readonly;
};

int prism_userptr_get(struct prism_object *object, unsigned long start);
void prism_userptr_put(struct prism_object *object);

int prism_userptr_get(struct prism_object *object, unsigned long start)
{
	unsigned int flags = object->readonly ? 0 : FOLL_WRITE;
	unsigned long i;
	long got;

	got = get_user_pages_unlocked(start, object->nr_pages, object->pages, flags);
	if (got < 0)
		return got;
	if (got != object->nr_pages) {
		for (i = 0; i < got; i++)
			put_page(object->pages[i]);
		return -EFAULT;
	}

	for (i = 0; i < object->nr_pages; i++)
		object->addresses[i] = dma_map_page(object->dev, object->pages[i], 0, PAGE_SIZE,
						    DMA_BIDIRECTIONAL);
	return 0;
}
EXPORT_SYMBOL_GPL(prism_userptr_get);

void prism_userptr_put(struct prism_object *object)
{
	unsigned long i;

	for (i = 0; i < object->nr_pages; i++)
		dma_unmap_page(object->dev, object->addresses[i], PAGE_SIZE, DMA_BIDIRECTIONAL);

	for (i = 0; i < object->nr_pages; i++) {
		if (!object->readonly)
			set_page_dirty_lock(object->pages[i]);
		put_page(object->pages[i]);
	}
}
EXPORT_SYMBOL_GPL(prism_userptr_put);

MODULE_LICENSE("GPL");
