// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int unwind(unsigned long addr, struct page **pages, int want)
{
	int i, ret;

	for (i = 0; i < want; i++) {
		ret = get_user_pages_fast(addr + i, 1, FOLL_WRITE, &pages[i]);
		if (ret != 1)
			goto fail;
	}
	return 0;

fail:
	while (i--)
		put_page(pages[i]);
	return -EFAULT;
}

static int unwind_signed(unsigned long addr, struct page **pages, int want)
{
	int i;

	for (i = 0; i < want; i++)
		if (get_user_pages_fast(addr + i, 1, FOLL_WRITE, &pages[i]) != 1)
			goto fail;
	return 0;
fail:
	while (--i >= 0)
		put_page(pages[i]);
	return -EFAULT;
}

static void tested(struct page **pages, int n)
{
	if (n < 0)
		return;
	while (n-- > 0) {
		put_page(pages[n]);
	}
}

static void decremented_inside(struct page **pages, unsigned int n, struct page **more, int m)
{
	while (n)
		put_page(pages[--n]);
	if (m > 0)
		while (m > 0)
			put_page(more[--m]);
}

static void dirty(struct page **pages, unsigned int n, bool write)
{
	while (n--) {
		if (write)
			set_page_dirty_lock(pages[n]);
		put_page(pages[n]);
	}
}

static int stays(struct page **pages, int n, struct page **more, int m)
{
	while (n-- > 0)
		put_page(pages[n]);
	do {
		while (m--)
			put_page(more[m]);
	} while (refill(more));
	return 0;
}

static int set_again(struct page **more, int m)
{
	do {
		while (m--)
			put_page(more[m]);
		m = refill(more);
	} while (m);
	return 0;
}

static unsigned int read_afterwards(struct page **pages, unsigned int n)
{
	while (n--)
		put_page(pages[n]);
	return n;
}

static int taken_twice(struct page **pages, int got, int i)
{
	got = 3;
again:
	while (got--)
		put_page(pages[got]);
	if (i--)
		goto again;
	return 0;
}
