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

#endif
