// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ferry.h>

void ferry_land(struct ferry *ferry)
{
	put_page(ferry->deck); /* release: deck */
}
EXPORT_SYMBOL_GPL(ferry_land);
