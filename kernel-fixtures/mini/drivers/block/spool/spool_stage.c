// SPDX-License-Identifier: GPL-2.0-only
/* The array goes to a function that this tree does not have the source of. Must not change. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spool.h>

int spool_stage_user(struct spool *spool, unsigned long start, unsigned int nr_pages)
{
	struct page **pages = kcalloc(nr_pages, sizeof(*pages), GFP_KERNEL);
	int got;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(start, nr_pages, FOLL_WRITE, pages);
	if (got <= 0) {
		kfree(pages);
		return got ? got : -EFAULT;
	}
	return spool_firmware_queue(spool, pages, got);
}
EXPORT_SYMBOL_GPL(spool_stage_user);

MODULE_LICENSE("GPL");
