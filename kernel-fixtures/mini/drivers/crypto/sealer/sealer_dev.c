// SPDX-License-Identifier: GPL-2.0-only
/* Shape 18, CASE 2: release_pages() in the error path and at the end of a long life. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct sealer_region {
	struct page **pages;
	unsigned long nr_pages;
};

int sealer_encrypt(phys_addr_t address);
int sealer_seal(struct sealer_region *region, unsigned long start, unsigned long nr_pages);
void sealer_unseal(struct sealer_region *region);

int sealer_seal(struct sealer_region *region, unsigned long start, unsigned long nr_pages)
{
	struct page **pages = kvcalloc(nr_pages, sizeof(*pages), GFP_KERNEL);
	unsigned long i;
	int got, ret;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(start, nr_pages, FOLL_WRITE | FOLL_LONGTERM, pages);
	if (got != nr_pages) {
		ret = -ENOMEM;
		goto err;
	}

	for (i = 0; i < nr_pages; i++) {
		ret = sealer_encrypt(page_to_phys(pages[i]));
		if (ret)
			goto err;
	}
	region->pages = pages;
	region->nr_pages = nr_pages;
	return 0;

err:
	if (got > 0)
		release_pages(pages, got);
	kvfree(pages);
	return ret;
}
EXPORT_SYMBOL_GPL(sealer_seal);

void sealer_unseal(struct sealer_region *region)
{
	release_pages(region->pages, region->nr_pages);
	kvfree(region->pages);
	region->pages = NULL;
}
EXPORT_SYMBOL_GPL(sealer_unseal);

MODULE_LICENSE("GPL");
