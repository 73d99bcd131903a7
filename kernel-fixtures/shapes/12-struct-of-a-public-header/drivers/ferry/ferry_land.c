// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ferry.h>

void raft_land(struct raft *raft)
{
	put_page(raft->logs); /* release: logs */
}
EXPORT_SYMBOL_GPL(raft_land);
