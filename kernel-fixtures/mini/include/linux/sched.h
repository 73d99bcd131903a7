/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/mm_types.h>

struct task_struct {
	struct mm_struct *mm;
	int pid;
};

struct task_struct *get_current(void);
#define current get_current()

bool fatal_signal_pending(struct task_struct *task);

#endif /* _LINUX_SCHED_H */
