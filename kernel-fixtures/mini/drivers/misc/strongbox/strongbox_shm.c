// SPDX-License-Identifier: GPL-2.0-only
/* Shape 7: one array for user pages and for pages of the kernel, one release. Must not change. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct strongbox_shm {
	struct page **pages;
	unsigned int nr_pages;
};

int strongbox_share_user(struct strongbox_shm *shm, unsigned long start, unsigned int nr_pages);
int strongbox_share_kernel(struct strongbox_shm *shm, unsigned int nr_pages);
void strongbox_unshare(struct strongbox_shm *shm);
int strongbox_call(phys_addr_t address);

int strongbox_share_user(struct strongbox_shm *shm, unsigned long start, unsigned int nr_pages)
{
	unsigned int i;
	int got;

	got = get_user_pages_fast(start, nr_pages, FOLL_WRITE, shm->pages);
	if (got <= 0)
		return got ? got : -EFAULT;
	shm->nr_pages = got;
	for (i = 0; i < shm->nr_pages; i++)
		strongbox_call(page_to_phys(shm->pages[i]));
	return 0;
}
EXPORT_SYMBOL_GPL(strongbox_share_user);

int strongbox_share_kernel(struct strongbox_shm *shm, unsigned int nr_pages)
{
	for (shm->nr_pages = 0; shm->nr_pages < nr_pages; shm->nr_pages++) {
		shm->pages[shm->nr_pages] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!shm->pages[shm->nr_pages])
			return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(strongbox_share_kernel);

void strongbox_unshare(struct strongbox_shm *shm)
{
	unsigned int i;

	for (i = 0; i < shm->nr_pages; i++)
		put_page(shm->pages[i]);
	kfree(shm->pages);
}
EXPORT_SYMBOL_GPL(strongbox_unshare);

MODULE_LICENSE("GPL");
