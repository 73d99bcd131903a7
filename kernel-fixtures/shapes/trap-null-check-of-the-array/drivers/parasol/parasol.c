// SPDX-License-Identifier: GPL-2.0-only
/* The array itself may be NULL when the loop is reached: the check must survive folding. */
#include <linux/mm.h>

int parasol_info(unsigned long start, int nr, const void *data)
{
	struct page **pages = NULL;
	int i, ret = 0;

	if (nr) {
		pages = kmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
		if (!pages) {
			ret = -ENOMEM;
			goto out;
		}
		ret = get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: info */
		if (ret != nr) {
			if (ret > 0)
				nr = ret;
			else
				nr = 0;
			goto out;
		}
		memcpy(page_address(pages[0]), data, PAGE_SIZE);
	}
out:
	for (i = 0; pages && i < nr; i++)
		put_page(pages[i]); /* release: info */
	kfree(pages);
	return ret;
}
