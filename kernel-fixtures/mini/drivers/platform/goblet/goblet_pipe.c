// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shape 20: names that lie. pin_user_pages() is a function of this file and hands out pages of
 * the kernel, release_pages is a label, put_page a member. Must not change.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/module.h>

struct goblet_ops {
	void (*put_page)(struct page *page);
};

int goblet_pipe_fill(const struct goblet_ops *ops, struct page **pages, int nr_pages);

static int pin_user_pages(struct page **pages, int nr_pages)
{
	int i;

	for (i = 0; i < nr_pages; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i])
			break;
	}
	return i;
}

int goblet_pipe_fill(const struct goblet_ops *ops, struct page **pages, int nr_pages)
{
	int got = pin_user_pages(pages, nr_pages);
	int ret = 0;

	if (got < nr_pages) {
		ret = -ENOMEM;
		goto release_pages;
	}
	ops->put_page(pages[--got]);

release_pages:
	while (got > 0)
		__free_page(pages[--got]);
	return ret;
}
EXPORT_SYMBOL_GPL(goblet_pipe_fill);

MODULE_LICENSE("GPL");
