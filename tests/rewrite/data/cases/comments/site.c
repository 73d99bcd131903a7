// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

/* get_user_pages_fast() and put_page(), somewhere else */

/*
 * The pages come from get_user_pages_fast(); get_user_pages() would
 * do as well. drop() has the put_page()s.
 */
static int take(unsigned long addr, struct page **p)
{
	int got = 0; /* return value from get_user_pages_fast() */

	got = get_user_pages_fast(addr, 4, FOLL_WRITE, p); // get_user_pages_fast() may fail
	if (got < 4)
		pr_err("get_user_pages_fast() failed\n");
	return got;
}

/* Pages previously obtained using get_user_pages_fast(), for put_page(). */
static void drop(struct page **p)
{
	/* put_page() and put_page_testzero() */
	put_page(p[0]);
}

static void both(struct page **p)
{
	/* put_page() for one of them */
	put_page(p[0]);
	put_page(p[1]); /* stays */
}

static void wide(struct page **p)
{
	put_page(p[0]); /* put_page() ------------------------------------------------------ */
}

int last; /* get_user_pages_fast() */
int other(unsigned long addr, struct page **p)
{
	/* get_user_pages_fast() is not called here */
	return 0;
}

/*
 * Releases pages that were
 * previously obtained using get_user_pages.
 */
static void undo(struct page **p)
{
	put_page(p[0]);
}

static int retry(unsigned long addr, struct page **p)
{
	if (get_user_pages_fast(addr, 1, FOLL_WRITE, p) == 1) {
		/* get_user_pages() has one page */
		put_page(p[0]);
	}
	return 0;
}

static int mixed(unsigned long addr, struct page **p)
{
	/* get_user_pages() twice */
	get_user_pages_fast(addr, 1, FOLL_WRITE, p);
	get_user_pages_fast(addr, 1, FOLL_WRITE, p + 1); /* stays */
	put_page(p[0]);
	return 0;
}
