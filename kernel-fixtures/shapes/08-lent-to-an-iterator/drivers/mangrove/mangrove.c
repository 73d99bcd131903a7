// SPDX-License-Identifier: GPL-2.0-only
/* An iterator gets a part of the bvecs that the object keeps. */
#include <linux/uio.h>

struct mangrove {
	struct bio_vec vec[4];
	int nr;
};

int mangrove_grow(struct mangrove *root, unsigned long start)
{
	struct page *page;

	while (root->nr < 4) {
		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: lent */
			return -EFAULT;
		root->vec[root->nr].bv_page = page;
		root->vec[root->nr].bv_len = PAGE_SIZE;
		start += PAGE_SIZE;
		root->nr++;
	}
	return 0;
}

void mangrove_lend(struct mangrove *root, struct iov_iter *iter, int first)
{
	const struct bio_vec *vec = root->vec;

	iov_iter_bvec(iter, 1, vec, root->nr, root->nr * PAGE_SIZE);
	iter->bvec = vec + first;
	iter->nr_segs -= first;
}

void mangrove_fell(struct mangrove *root)
{
	while (root->nr--)
		put_page(root->vec[root->nr].bv_page); /* release: lent */
}
