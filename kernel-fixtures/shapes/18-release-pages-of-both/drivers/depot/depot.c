// SPDX-License-Identifier: GPL-2.0-only
/* One release_pages() for pages of user space and for those of the kernel. */
#include <linux/mm.h>

struct depot {
	struct page *crates[8];
	int nr;
};

int depot_borrow(struct depot *depot, unsigned long start, const void *data)
{
	depot->nr = get_user_pages_fast(start, 8, FOLL_WRITE, depot->crates); /* acquire: crates */
	if (depot->nr <= 0)
		return -EFAULT;
	memcpy(page_address(depot->crates[0]), data, PAGE_SIZE);
	return 0;
}

void depot_own(struct depot *depot)
{
	depot->nr = alloc_pages_bulk_array(GFP_KERNEL, 8, depot->crates);
}

void depot_close(struct depot *depot)
{
	release_pages(depot->crates, depot->nr); /* release: crates */
}
