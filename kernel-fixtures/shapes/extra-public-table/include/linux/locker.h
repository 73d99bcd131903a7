/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LOCKER_H
#define _LINUX_LOCKER_H

#include <linux/mm.h>

struct locker_ops {
	void (*store)(struct page *page, const void *from);
	void (*keep)(struct page *page);
};

struct locker {
	const struct locker_ops *ops;
};

int locker_fill(struct locker *locker, unsigned long start, const void *from);
int locker_leave(struct locker *locker, unsigned long start);

#endif
