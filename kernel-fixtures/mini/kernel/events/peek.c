// SPDX-License-Identifier: GPL-2.0-only
/* Shape 6: the kernel only reads the page's data. */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "events.h"

int event_peek_opcode(struct mm_struct *mm, unsigned long address, u8 *opcode)
{
	struct page *page;
	long ret;

	mmap_read_lock(mm);
	ret = get_user_pages_remote(mm, address, 1, FOLL_FORCE, &page, NULL, NULL);
	mmap_read_unlock(mm);
	if (ret <= 0)
		return -EFAULT;

	memcpy_from_page((char *)opcode, page, offset_in_page(address), 1);
	put_page(page);
	return 0;
}
