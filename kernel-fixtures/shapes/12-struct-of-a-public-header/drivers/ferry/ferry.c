// SPDX-License-Identifier: GPL-2.0-only
/* Released in another file, from a struct that modules out of sight can fill, too. */
#include <linux/ferry.h>

int ferry_board(struct ferry *ferry, unsigned long start, const void *data)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &ferry->deck) != 1) /* acquire: deck */
		return -EFAULT;
	memcpy(page_address(ferry->deck), data, PAGE_SIZE);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_board);
