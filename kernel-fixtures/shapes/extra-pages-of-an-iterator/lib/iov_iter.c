// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uio.h>

/* Nobody here knows what it does, so that the callers of the helpers are looked at one by one. */
void iov_iter_note_pages(struct page **pages);

ssize_t iov_iter_get_pages2(struct iov_iter *iter, struct page **pages,
			    size_t maxsize, unsigned int maxpages, size_t *start)
{
	*start = 0;
	iov_iter_note_pages(pages);
	return get_user_pages_fast(iter->nr_segs, maxpages, FOLL_WRITE, pages); /* acquire: filling */
}

ssize_t iov_iter_get_pages_alloc2(struct iov_iter *iter, struct page ***pages,
				  size_t maxsize, size_t *start)
{
	*start = 0;
	*pages = kvmalloc_array(16, sizeof(struct page *), 0);
	iov_iter_note_pages(*pages);
	return get_user_pages_fast(iter->nr_segs, 16, FOLL_WRITE, *pages); /* acquire: allocating */
}
