/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_UIO_H
#define _LINUX_UIO_H

#include <linux/scatterlist.h>

struct iov_iter {
	unsigned long count;
	union {
		const struct bio_vec *bvec;
		void *xarray;
	};
	unsigned long nr_segs;
};

void iov_iter_bvec(struct iov_iter *iter, unsigned int direction,
		   const struct bio_vec *bvec, unsigned long nr, unsigned long count);

size_t iov_iter_count(const struct iov_iter *iter);
ssize_t iov_iter_get_pages2(struct iov_iter *iter, struct page **pages,
			    size_t maxsize, unsigned int maxpages, size_t *start);
ssize_t iov_iter_get_pages_alloc2(struct iov_iter *iter, struct page ***pages,
				  size_t maxsize, size_t *start);
ssize_t iov_iter_extract_pages(struct iov_iter *iter, struct page ***pages,
			       size_t maxsize, unsigned int maxpages,
			       unsigned int extraction_flags, size_t *offset0);
bool iov_iter_extract_will_pin(const struct iov_iter *iter);

#endif
