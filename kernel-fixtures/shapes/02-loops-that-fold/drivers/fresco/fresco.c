// SPDX-License-Identifier: GPL-2.0-only
/* Loops that mark pages dirty and put them. The last two do so in another way than a call would. */
#include <linux/mm.h>

struct fresco {
	struct page **walls;
	unsigned long nr;
	bool wet;
};

int fresco_plaster(struct fresco *fresco, unsigned long start, const void *data)
{
	long got;

	got = get_user_pages_unlocked(start, fresco->nr, fresco->walls, /* acquire: condition */
				      FOLL_WRITE);
	if (got < (long)fresco->nr)
		goto fail;
	memcpy(page_address(fresco->walls[0]), data, PAGE_SIZE);
	return 0;

fail:
	if (got > 0)
		release_pages(fresco->walls, got); /* release: condition */
	return -EFAULT;
}

void fresco_strip(struct fresco *fresco)
{
	unsigned long i;

	for (i = 0; i < fresco->nr; i++) {
		struct page *page = fresco->walls[i];

		if (fresco->wet)
			set_page_dirty_lock(page);
		put_page(page); /* release: condition */
	}
}

int fresco_always(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: always */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: always */
	}
	return 0;
}

int fresco_not_dirty_yet(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: yet */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		if (!PageDirty(pages[i]))
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: yet */
	}
	return 0;
}

int fresco_without_lock(unsigned long start, const void *data)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: unlocked */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		set_page_dirty(pages[i]);
		put_page(pages[i]); /* release: unlocked */
	}
	return 0;
}

int fresco_each(unsigned long start, const void *data, const bool *wet)
{
	struct page *pages[4];
	int i, got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, pages); /* acquire: each */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(pages[0]), data, PAGE_SIZE);
	for (i = 0; i < got; i++) {
		if (wet[i])
			set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: each */
	}
	return 0;
}
