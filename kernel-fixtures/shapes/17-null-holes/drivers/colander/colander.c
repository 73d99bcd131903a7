// SPDX-License-Identifier: GPL-2.0-only
/* Holes in the array: the put loop asks for NULL, in its body or in its condition. */
#include <linux/mm.h>

int colander_rinse(unsigned long start, int nr, const void *data)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	int i;

	if (!pages)
		return -ENOMEM;
	get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: body */
	if (pages[0])
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < nr; i++)
		if (pages[i])
			put_page(pages[i]); /* release: body */
	kfree(pages);
	return 0;
}

int colander_drain(unsigned long start, const void *data)
{
	struct page *pages[5] = { NULL };
	int i;

	get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: condition */
	if (pages[0])
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; pages[i]; i++)
		put_page(pages[i]); /* release: condition */
	return 0;
}

int colander_skip(unsigned long start, int nr, struct page **pages, const void *data)
{
	int i;

	memset(pages, 0, nr * sizeof(*pages));
	get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: skip */
	for (i = 0; i < nr; i++) {
		if (!pages[i])
			continue;
		memcpy(page_address(pages[i]), data, PAGE_SIZE);
		put_page(pages[i]); /* release: skip */
	}
	return 0;
}
