// SPDX-License-Identifier: GPL-2.0-only
/* What GUP did not get comes from the allocator, and is put along with the rest. */
#include <linux/mm.h>

int buffet_serve(struct page **plates, unsigned long start, int nr, const void *data)
{
	int i, got;

	got = get_user_pages_fast(start, nr, FOLL_WRITE, plates); /* acquire: partial */
	if (got < 0)
		got = 0;
	for (i = got; i < nr; i++)
		plates[i] = alloc_page(GFP_KERNEL);
	memcpy(page_address(plates[0]), data, PAGE_SIZE);
	for (i = 0; i < nr; i++)
		put_page(plates[i]); /* release: partial */
	return 0;
}
