// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uio.h>

struct spoonbill {
	struct page *held;
	struct page **all;
	int nr;
};

/* Another function drops them, and has no iterator. */
int spoonbill_keep(struct spoonbill *spoonbill, struct iov_iter *iter)
{
	size_t start;
	ssize_t got;

	got = iov_iter_get_pages_alloc2(iter, &spoonbill->all, 4096, &start); /* acquire: kept */
	return got < 0 ? got : 0;
}

void spoonbill_done(struct spoonbill *spoonbill)
{
	put_page(spoonbill->all[0]);
	kvfree(spoonbill->all);
}

/* One way out keeps them. */
int spoonbill_forget(struct iov_iter *iter, int fail)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: forgotten */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	if (fail)
		return -EFAULT;
	for (i = 0; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return 0;
}

/* Somebody else has the first ones. */
int spoonbill_share(struct spoonbill *spoonbill, struct iov_iter *iter)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i = 0;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: shared */
	if (got < 0)
		return got;
	spoonbill->held = pages[0];
	for (i = 1; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return 0;
}

/* By the time of the release, the variable has another iterator. */
int spoonbill_change(struct iov_iter *iter, struct iov_iter *other)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: changed */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	iter = other;
	for (i = 0; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return 0;
}

/* The iterator is made another in place. */
int spoonbill_remake(struct iov_iter *iter, const struct bio_vec *bvec)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: remade */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	iov_iter_bvec(iter, 0, bvec, 1, 4096);
	for (i = 0; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return 0;
}

/* A page of the driver's own is among them when they are dropped. */
int spoonbill_mix(struct iov_iter *iter)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: mixed */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	pages[1] = alloc_page(0);
	for (i = 0; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return 0;
}

static void spoonbill_drop(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

/* What drops them drops pages from elsewhere, too. */
int spoonbill_lend(struct iov_iter *iter)
{
	struct page **pages;
	size_t start;
	ssize_t got;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: lent */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	spoonbill_drop(pages, got);
	kvfree(pages);
	return 0;
}

void spoonbill_own(void)
{
	struct page *page = alloc_page(0);

	spoonbill_drop(&page, 1);
}

/* What drops them wakes somebody, too. */
static void spoonbill_drop_and_tell(struct page **pages, int nr, struct spoonbill *spoonbill)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	spoonbill->nr = 0;
}

int spoonbill_tell(struct spoonbill *spoonbill, struct iov_iter *iter)
{
	struct page **pages;
	size_t start;
	ssize_t got;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: told */
	if (got < 0)
		return got;
	memset(page_address(pages[0]), 0, 1);
	spoonbill_drop_and_tell(pages, got, spoonbill);
	kvfree(pages);
	return 0;
}

/* Only struct page is looked at. */
int spoonbill_look(struct iov_iter *iter)
{
	struct page **pages;
	size_t start;
	ssize_t got;
	int i, node = 0;

	got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start); /* acquire: looked */
	if (got < 0)
		return got;
	for (i = 0; i < got; i++)
		node += page_to_nid(pages[i]);
	for (i = 0; i < got; i++)
		put_page(pages[i]);
	kvfree(pages);
	return node;
}

/* The caller drops what it gets, and is told too little. */
static int spoonbill_get(struct page ***pages, struct iov_iter *iter, int *held)
{
	size_t start;
	int n;

	if (!iov_iter_count(iter)) {
		*pages = kvmalloc_array(1, sizeof(struct page *), 0);
		(*pages)[0] = virt_to_page(iter->bvec);
		*held = 1;
		return PAGE_SIZE;
	}
	n = iov_iter_get_pages_alloc2(iter, pages, 4096, &start); /* acquire: untold */
	if (n < 0)
		return n;
	*held = 1;
	return n;
}

int spoonbill_use(struct iov_iter *iter)
{
	struct page **pages = NULL;
	int n, held = 0;

	n = spoonbill_get(&pages, iter, &held);
	if (n < 0)
		return n;
	memset(page_address(pages[0]), 0, 1);
	if (held)
		put_page(pages[0]);
	kvfree(pages);
	return 0;
}
