// SPDX-License-Identifier: GPL-2.0-only
/* Comments and line ends inside the call, the parenthesis on the next line. */
#include <linux/mm.h>

int margin_note(unsigned long start, const void *data)
{
	struct page *pages[2];
	int got;

	got = get_user_pages_fast /* acquire: note */
		(start, /* two, one for each (side) */ 2,
		 FOLL_WRITE, // written to
		 pages);
	if (got == 2)
		memcpy(page_address(pages[1]), data, PAGE_SIZE);
	while (got > 0)
		put_page /* release: note */
			(pages[--got]);
	return 0;
}
