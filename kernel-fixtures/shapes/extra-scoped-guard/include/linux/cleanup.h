/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_CLEANUP_H
#define _LINUX_CLEANUP_H

#include <linux/kernel.h>

struct mutex {
	int holder;
};

static inline void scope_ends(struct mutex **lock)
{
	(*lock)->holder = 0;
}

#define scoped_guard(kind, lock)						\
	for (struct kind *scope __attribute__((cleanup(scope_ends))) = (lock);	\
	     !scope->holder; scope->holder = 1)

#endif
