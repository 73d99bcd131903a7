/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

struct address_space;

struct page {
	unsigned long flags;
	struct address_space *mapping;
	pgoff_t index;
	atomic_t _refcount;
	atomic_t _pincount;
	struct page *compound_head;
};

struct mm_struct {
	int mmap_lock;
	unsigned long pinned_vm;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct mm_struct *vm_mm;
};

#endif /* _LINUX_MM_TYPES_H */
