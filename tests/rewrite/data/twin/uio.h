/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LINUX_UIO_H
#define __LINUX_UIO_H

struct iov_iter;

#if NEWER
static inline bool iter_is_ubuf(const struct iov_iter *i);
static inline bool user_backed_iter(const struct iov_iter *i);
ssize_t iov_iter_get_pages2(struct iov_iter *i, struct page **pages,
			size_t maxsize, unsigned maxpages, size_t *start);
ssize_t iov_iter_get_pages_alloc2(struct iov_iter *i, struct page ***pages,
			size_t maxsize, size_t *start);
#else
static inline bool iter_is_iovec(const struct iov_iter *i);
ssize_t iov_iter_get_pages(struct iov_iter *i, struct page **pages,
			size_t maxsize, unsigned maxpages, size_t *start);
ssize_t iov_iter_get_pages_alloc(struct iov_iter *i, struct page ***pages,
			size_t maxsize, size_t *start);
#endif
int iov_iter_npages(const struct iov_iter *i, int maxpages);

#endif
