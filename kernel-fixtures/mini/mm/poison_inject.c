// SPDX-License-Identifier: GPL-2.0-only
/* Shape 21, CASE 4: only the pfn is taken, and the callee eats the reference. Needs no pin, only a lookup. */
#include <linux/mm.h>
#include <linux/module.h>

#include "poison_inject.h"

int poison_inject(unsigned long address)
{
	struct page *page;
	unsigned long pfn;

	if (get_user_pages_fast(address, 1, 0, &page) != 1)
		return -EFAULT;
	pfn = page_to_pfn(page);
	return memory_failure(pfn, 1);
}

MODULE_LICENSE("GPL");
