// SPDX-License-Identifier: GPL-2.0-only
/* Shape 1, CASE 5: a helper returns the page, its callers write to it and put it. */
#include <linux/mm.h>
#include <linux/module.h>

#include "mvm_arch.h"

static struct page *mvm_map_page(struct mvm *mvm, unsigned long address)
{
	struct page *page = NULL;

	mmap_read_lock(mvm->mm);
	get_user_pages_remote(mvm->mm, address, 1, FOLL_WRITE, &page, NULL, NULL);
	mmap_read_unlock(mvm->mm);
	return page;
}

static void mvm_set_bit(unsigned long *bitmap, unsigned int bit)
{
	bitmap[bit / (8 * sizeof(*bitmap))] |= 1UL << (bit % (8 * sizeof(*bitmap)));
}

int mvm_route_interrupt(struct mvm *mvm, unsigned long indicator, unsigned int bit)
{
	struct page *page = mvm_map_page(mvm, indicator);

	if (!page)
		return -EFAULT;
	mvm_set_bit(page_address(page), bit % MVM_NR_ROUTES);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
EXPORT_SYMBOL_GPL(mvm_route_interrupt);

int mvm_route_summary(struct mvm *mvm, unsigned long summary)
{
	struct page *page = mvm_map_page(mvm, summary);

	if (!page)
		return -EFAULT;
	mvm_set_bit(page_address(page), 0);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
EXPORT_SYMBOL_GPL(mvm_route_summary);
