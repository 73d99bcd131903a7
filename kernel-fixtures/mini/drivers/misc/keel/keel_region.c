// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 9 and 23, CASE 2: FOLL_GET spelled out, which must not survive next to a pin. */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct keel_region {
	struct list_head entry;
	unsigned long nr_pages;
	struct page **pages;
};

struct keel {
	struct list_head regions;
};

int keel_give(phys_addr_t address);
int keel_add_region(struct keel *keel, unsigned long start, unsigned long nr_pages);
void keel_remove_regions(struct keel *keel);

int keel_add_region(struct keel *keel, unsigned long start, unsigned long nr_pages)
{
	struct keel_region *region = kzalloc(sizeof(*region), GFP_KERNEL);
	unsigned long i;
	int ret = -ENOMEM;
	long got;

	if (!region)
		return -ENOMEM;
	region->pages = kcalloc(nr_pages, sizeof(*region->pages), GFP_KERNEL);
	if (!region->pages)
		goto free_region;

	while (region->nr_pages < nr_pages) {
		got = get_user_pages_unlocked(start + region->nr_pages * PAGE_SIZE,
					      nr_pages - region->nr_pages,
					      region->pages + region->nr_pages,
					      FOLL_GET);
		if (got <= 0) {
			ret = got ? got : -EFAULT;
			goto put_pages;
		}
		region->nr_pages += got;
	}

	for (i = 0; i < region->nr_pages; i++) {
		ret = keel_give(page_to_phys(region->pages[i]));
		if (ret)
			goto put_pages;
	}
	list_add_tail(&region->entry, &keel->regions);
	return 0;

put_pages:
	for (i = 0; i < region->nr_pages; i++)
		put_page(region->pages[i]);
	kfree(region->pages);
free_region:
	kfree(region);
	return ret;
}
EXPORT_SYMBOL_GPL(keel_add_region);

void keel_remove_regions(struct keel *keel)
{
	struct keel_region *region, *next;
	unsigned long i;

	list_for_each_entry_safe(region, next, &keel->regions, entry) {
		list_del(&region->entry);
		for (i = 0; i < region->nr_pages; i++)
			put_page(region->pages[i]);
		kfree(region->pages);
		kfree(region);
	}
}
EXPORT_SYMBOL_GPL(keel_remove_regions);

MODULE_LICENSE("GPL");
