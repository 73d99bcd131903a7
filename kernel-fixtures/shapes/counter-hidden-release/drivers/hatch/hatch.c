// SPDX-License-Identifier: GPL-2.0-only
/* One macro, defined and undefined between the halves: both are compiled. */
#include <linux/mm.h>

struct hatch {
	struct page *page;
};

#define HATCH_HALF
#ifdef HATCH_HALF
int hatch_open(struct hatch *hatch, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &hatch->page) != 1) /* acquire: half */
		return -EFAULT;
	memset(kmap(hatch->page), 0, 64);
	kunmap(hatch->page);
	return 0;
}

void hatch_fail(struct hatch *hatch)
{
	put_page(hatch->page); /* release: half */
}
#endif
#undef HATCH_HALF

#ifndef HATCH_HALF
void hatch_close(struct hatch *hatch)
{
	put_page(hatch->page); /* release: half */
}
#endif
