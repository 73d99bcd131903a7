// SPDX-License-Identifier: GPL-2.0-only
/* Put loops of all kinds: forward, countdown, a walking pointer, do while. */
#include <linux/mm.h>

int ladder_forward(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: forward */

	if (got > 0)
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; ++i)
		put_page(pages[i]); /* release: forward */
	return got;
}

int ladder_countdown(unsigned long start, const void *data)
{
	struct page *pages[4];
	int got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: countdown */

	if (got > 0)
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	while (got-- > 0)
		put_page(pages[got]); /* release: countdown */
	return 0;
}

int ladder_pointer(unsigned long start, const void *data)
{
	struct page *pages[4], **rung = pages;
	int got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: pointer */

	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(*rung), data, PAGE_SIZE);
	do {
		put_page(*rung++); /* release: pointer */
	} while (--got);
	return 0;
}
