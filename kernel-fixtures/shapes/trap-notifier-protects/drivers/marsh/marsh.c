// SPDX-License-Identifier: GPL-2.0-only
/* The notifier's sequence is read around the fault, as guest mappings do. */
#include <linux/mmu_notifier.h>

struct marsh_guest {
	struct mmu_interval_notifier notifier;
	u64 entry;
};

int marsh_fault(struct marsh_guest *guest, unsigned long address)
{
	unsigned long seq;
	struct page *page;

again:
	seq = mmu_interval_read_begin(&guest->notifier);
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: guest */
		return -EFAULT;
	if (mmu_interval_read_retry(&guest->notifier, seq)) {
		put_page(page); /* release: guest */
		goto again;
	}
	guest->entry = page_to_phys(page) | 1;
	put_page(page); /* release: guest */
	return 0;
}
