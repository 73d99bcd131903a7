// SPDX-License-Identifier: GPL-2.0-only
/* A member that holds a page of user space, or one of the kernel. */
#include <linux/mm.h>

struct aviary {
	struct page *nest;
};

int aviary_lend(struct aviary *aviary, unsigned long start, const void *data)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &aviary->nest) != 1) /* acquire: nest */
		return -EFAULT;
	memcpy(page_address(aviary->nest), data, PAGE_SIZE);
	return 0;
}

int aviary_build(struct aviary *aviary)
{
	aviary->nest = alloc_page(GFP_KERNEL);
	return aviary->nest ? 0 : -ENOMEM;
}

void aviary_empty(struct aviary *aviary)
{
	put_page(aviary->nest); /* release: nest */
}
