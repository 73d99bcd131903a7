// SPDX-License-Identifier: GPL-2.0-only
/* Far from the driver: releases the pages of one struct, and fills the other. */
#include "harbour.h"

void ferry_land(struct ferry *ferry)
{
	put_page(ferry->deck); /* release: deck */
}
EXPORT_SYMBOL_GPL(ferry_land);

int harbour_launch(struct raft *raft)
{
	raft->logs = alloc_page(GFP_KERNEL);
	return raft->logs ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(harbour_launch);
