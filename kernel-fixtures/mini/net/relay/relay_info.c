// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 5 and 13, CASE 5: a bool stands where flags belong; a forward loop puts. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct relay_info {
	u64 sent;
	u64 received;
};

int relay_copy_info(const struct relay_info *info, unsigned long start, bool write);

int relay_copy_info(const struct relay_info *info, unsigned long start, bool write)
{
	unsigned int nr_pages = DIV_ROUND_UP(offset_in_page(start) + sizeof(*info), PAGE_SIZE);
	struct page **pages;
	void *kaddr;
	int i, ret;

	pages = kmalloc_array(nr_pages, sizeof(struct page *), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	ret = get_user_pages_fast(start & PAGE_MASK, nr_pages, write, pages);
	if (ret != nr_pages) {
		if (ret > 0)
			nr_pages = ret;
		else
			nr_pages = 0;
		ret = -EAGAIN;
		goto out;
	}

	kaddr = kmap_atomic(pages[0]);
	memcpy(kaddr, info, sizeof(*info));
	kunmap_atomic(kaddr);
	ret = 0;
out:
	for (i = 0; i < nr_pages; i++)
		put_page(pages[i]);
	kfree(pages);
	return ret;
}
EXPORT_SYMBOL_GPL(relay_copy_info);

MODULE_LICENSE("GPL");
