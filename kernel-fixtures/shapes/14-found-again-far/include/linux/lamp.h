/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LAMP_H
#define _LINUX_LAMP_H

#include <linux/mm.h>

/* What the hardware is told; the object that asks for light keeps a copy of it. */
struct spark {
	int colour;
	u64 wick;
};

struct glow {
	int mode;
	struct spark spark;
};

int lamp_tell(struct glow *glow);

#endif
