// SPDX-License-Identifier: GPL-2.0-only
/*
 * get_user_pages_fast() without an array: one page is only faulted in. Several
 * pages are more than a function for one can do.
 */
#include <linux/mm.h>

int chime_address(unsigned long address)
{
	int ret;

	ret = get_user_pages_fast(address, 1, FOLL_WRITE, NULL); /* acquire: one */
	if (ret <= 0)
		return -EINVAL;
	return 0;
}

int chime_range(unsigned long address, int count)
{
	return get_user_pages_fast(address, count, FOLL_WRITE, NULL); /* acquire: several */
}
