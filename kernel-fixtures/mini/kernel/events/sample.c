// SPDX-License-Identifier: GPL-2.0-only
/* Shape 6, CASE 4: a physical address for a sample, taken in interrupt context. Must not change. */
#include <linux/mm.h>

#include "events.h"

u64 event_sample_phys(unsigned long address)
{
	struct page *page;
	u64 phys = 0;

	if (get_user_page_fast_only(address, 0, &page)) {
		phys = page_to_phys(page) + offset_in_page(address);
		put_page(page);
	}
	return phys;
}
