// SPDX-License-Identifier: GPL-2.0-only
/* Loops over counts that are not negative. The last two say more than a call could. */
#include <linux/mm.h>

struct arbor {
	struct page **vines;
	unsigned int nr;
};

int arbor_plant(struct arbor *arbor, unsigned long start, unsigned int nr, const void *data)
{
	int got;

	got = get_user_pages_fast(start, nr, FOLL_WRITE, arbor->vines); /* acquire: member */
	if (got <= 0)
		return -EFAULT;
	arbor->nr = got;
	memcpy(page_address(arbor->vines[0]), data, PAGE_SIZE);
	return 0;
}

void arbor_clear(struct arbor *arbor)
{
	unsigned int i;

	for (i = 0; i < arbor->nr; i++)
		put_page(arbor->vines[i]); /* release: member */
}

int arbor_forward(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: forward */

	if (got <= 0)
		return -EFAULT;

	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		put_page(pages[i]); /* release: forward */
	}
	return got;
}

int arbor_countdown(unsigned long start, const void *data)
{
	struct page *pages[4];
	int got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: countdown */
	if (got < 0)
		return got;
	if (got)
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	while (got--)
		put_page(pages[got]); /* release: countdown */
	return 0;
}

int arbor_in_rounds(unsigned long start, int rounds, const void *data)
{
	struct page *pages[4];

	while (rounds--) {
		int got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: rounds */

		if (got <= 0)
			return -EFAULT;
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
		start += got * PAGE_SIZE;
		while (got)
			put_page(pages[--got]); /* release: rounds */
	}
	return 0;
}

int arbor_read_later(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: later */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++)
		put_page(pages[i]); /* release: later */
	return i;
}

int arbor_cleared(struct page **pages, unsigned long start, const void *data)
{
	struct page *own[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, own); /* acquire: cleared */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(own[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		put_page(own[i]); /* release: cleared */
		own[i] = NULL;
	}
	return 0;
}
