/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LANTERN_H
#define _LINUX_LANTERN_H

#include <linux/mm.h>

/* What the hardware is told; the object that asks for light keeps a copy of it. */
struct beam {
	int colour;
	u64 wick;
};

struct flame {
	int mode;
	struct beam beam;
};

int lantern_tell(struct flame *flame);

#endif
