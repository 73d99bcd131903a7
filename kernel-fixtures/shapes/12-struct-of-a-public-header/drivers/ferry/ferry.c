// SPDX-License-Identifier: GPL-2.0-only
/* Released in another file, from structs that the whole tree can fill, too. */
#include <linux/ferry.h>

int ferry_board(struct ferry *ferry, unsigned long start, const void *data)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &ferry->deck) != 1) /* acquire: deck */
		return -EFAULT;
	memcpy(page_address(ferry->deck), data, PAGE_SIZE);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_board);

int raft_board(struct raft *raft, unsigned long start, const void *data)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &raft->logs) != 1) /* acquire: logs */
		return -EFAULT;
	memcpy(page_address(raft->logs), data, PAGE_SIZE);
	return 0;
}
EXPORT_SYMBOL_GPL(raft_board);
