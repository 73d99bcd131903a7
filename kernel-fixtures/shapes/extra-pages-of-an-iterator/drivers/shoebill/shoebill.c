// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uio.h>

struct shoebill {
	struct page *slots[16];
};

static void shoebill_drop(struct page **pages, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]); /* release: wading */
}

/* The array comes from the helper. */
int shoebill_wade(struct shoebill *shoebill, struct iov_iter *iter, size_t most)
{
	ssize_t got = 0;

	while (iov_iter_count(iter)) {
		struct page **pages;
		size_t start;
		unsigned int i, nr;

		got = iov_iter_get_pages_alloc2(iter, &pages, most, &start); /* acquire: wading */
		if (got < 0)
			break;
		nr = (got + start + PAGE_SIZE - 1) / PAGE_SIZE;
		for (i = 0; i < nr; i++) {
			memset(page_address(pages[i]), 0, PAGE_SIZE);
			if (shoebill->slots[i] != pages[i]) {
				got = -EFAULT;
				break;
			}
		}
		shoebill_drop(pages, nr);
		kvfree(pages);
		if (got < 0)
			break;
	}
	return got < 0 ? got : 0;
}

/* The array is given, and only a part of the pages may be marked dirty. */
int shoebill_stand(struct page **pages, struct iov_iter *iter)
{
	size_t start;
	ssize_t got;
	int i, nr;

	got = iov_iter_get_pages2(iter, pages, PAGE_SIZE, 16, &start); /* acquire: standing */
	if (got <= 0)
		return got;
	nr = (got + start) / PAGE_SIZE;
	memset(page_address(pages[0]), 0, got);
	for (i = 0; i < nr; i++) {
		set_page_dirty_lock(pages[i]);
		put_page(pages[i]); /* release: standing */
	}
	return 0;
}
