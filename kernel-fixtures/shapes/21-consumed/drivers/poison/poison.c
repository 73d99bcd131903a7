// SPDX-License-Identifier: GPL-2.0-only
/* Callees take the reference over. */
#include <linux/mm.h>

int poison_inject(unsigned long address, bool soft)
{
	struct page *page;
	unsigned long pfn;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: consumed */
		return -EFAULT;
	pfn = page_to_pfn(page);
	if (soft)
		return soft_offline_page(pfn, MF_COUNT_INCREASED);
	return memory_failure(pfn, MF_COUNT_INCREASED);
}

/* Here the reference is dropped when the callee did not want it. */
int poison_try(unsigned long address)
{
	struct page *page;
	int ret;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: sometimes */
		return -EFAULT;
	ret = memory_failure(page_to_pfn(page), MF_COUNT_INCREASED);
	if (ret)
		put_page(page); /* release: sometimes */
	return ret;
}

/* Of another process, whose pages no lookup by address finds. */
int poison_remote(struct mm_struct *mm, unsigned long address)
{
	struct page *page;

	if (get_user_pages_remote(mm, address, 1, 0, &page, NULL, NULL) != 1) /* acquire: remote */
		return -EFAULT;
	return memory_failure(page_to_pfn(page), MF_COUNT_INCREASED);
}
