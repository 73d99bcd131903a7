// SPDX-License-Identifier: GPL-2.0-only
#include "bittern.h"

void bittern_reset(struct bittern *bittern)
{
	bittern->pinned = 1;
}
