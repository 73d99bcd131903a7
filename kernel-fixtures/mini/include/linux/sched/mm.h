/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SCHED_MM_H
#define _LINUX_SCHED_MM_H

#include <linux/sched.h>

struct mm_struct *get_task_mm(struct task_struct *task);
void mmput(struct mm_struct *mm);

#endif /* _LINUX_SCHED_MM_H */
