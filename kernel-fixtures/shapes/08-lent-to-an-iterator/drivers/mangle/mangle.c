// SPDX-License-Identifier: GPL-2.0-only
/* The same, but on one path the pages are released through the iterator. */
#include <linux/uio.h>

struct mangle {
	struct bio_vec vec[4];
	int nr;
};

int mangle_start(struct mangle *m, struct iov_iter *iter, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: back */
		return -EFAULT;
	m->vec[0].bv_page = page;
	m->nr = 1;
	iter->bvec = m->vec;
	return 0;
}

void mangle_abort(struct iov_iter *iter)
{
	put_page(iter->bvec[0].bv_page);
}

void mangle_end(struct mangle *m)
{
	put_page(m->vec[0].bv_page); /* release: back */
}
