// SPDX-License-Identifier: GPL-2.0-only
/* A notifier in the same function that has nothing to do with the page. */
#include <linux/device.h>
#include <linux/mmu_notifier.h>

struct lookout {
	struct mmu_interval_notifier notifier;
	struct page *bell;
};

static const struct mmu_interval_notifier_ops lookout_ops;

int lookout_open(struct lookout *lookout, unsigned long ring, unsigned long address)
{
	struct page *page;

	if (mmu_interval_notifier_insert(&lookout->notifier, current->mm, ring, PAGE_SIZE,
					 &lookout_ops))
		return -ENOMEM;
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: registered */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page); /* release: registered */
	return 0;
}

int lookout_ask(struct lookout *lookout, unsigned long address)
{
	struct page *page;
	unsigned long seq;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: before */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page); /* release: before */
	seq = mmu_interval_read_begin(&lookout->notifier);
	return mmu_interval_read_retry(&lookout->notifier, seq) ? -EAGAIN : 0;
}
