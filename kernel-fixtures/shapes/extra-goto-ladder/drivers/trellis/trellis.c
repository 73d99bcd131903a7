// SPDX-License-Identifier: GPL-2.0-only
/* Two acquires, undone by a ladder of labels; the success path falls through it. */
#include <linux/mm.h>

int trellis_twist(unsigned long one, unsigned long two, const void *data)
{
	struct page *left, *right;
	int ret = -EFAULT;

	if (get_user_pages_fast(one, 1, FOLL_WRITE, &left) != 1) /* acquire: left */
		goto out;
	if (get_user_pages_fast(two, 1, FOLL_WRITE, &right) != 1) /* acquire: right */
		goto out_left;
	if (!data)
		goto out_right;
	memcpy(page_address(left), data, PAGE_SIZE);
	memcpy(page_address(right), data, PAGE_SIZE);
	ret = 0;
out_right:
	put_page(right); /* release: right */
out_left:
	put_page(left); /* release: left */
out:
	return ret;
}
