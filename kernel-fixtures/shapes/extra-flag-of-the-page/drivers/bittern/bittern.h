/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BITTERN_H
#define BITTERN_H

#include <linux/device.h>

struct bittern {
	struct page *page;
	int pinned;
};

void bittern_reset(struct bittern *bittern);

#endif
