/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MMAP_LOCK_H
#define _LINUX_MMAP_LOCK_H

#include <linux/mm_types.h>

void mmap_read_lock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);

#endif /* _LINUX_MMAP_LOCK_H */
