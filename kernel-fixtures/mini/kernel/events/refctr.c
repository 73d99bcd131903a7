// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 6 and 15, CASE 5: writes through kmap_atomic(), and wants the vma as well. */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "events.h"

int event_update_counter(struct mm_struct *mm, unsigned long address, s16 delta)
{
	struct vm_area_struct *vma;
	struct page *page;
	void *kaddr;
	s16 *counter;
	int ret;

	ret = get_user_pages_remote(mm, address, 1,
			FOLL_WRITE, &page, &vma, NULL);
	if (unlikely(ret <= 0))
		return ret == 0 ? -EBUSY : ret;

	kaddr = kmap_atomic(page);
	counter = kaddr + offset_in_page(address);
	if (unlikely(*counter + delta < 0)) {
		ret = -EINVAL;
		goto out;
	}
	*counter += delta;
	ret = 0;
out:
	kunmap_atomic(kaddr);
	put_page(page);
	return ret;
}
