/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_SAMEPAGE_H
#define _MM_SAMEPAGE_H

#include <linux/types.h>

struct vm_area_struct;

bool samepage_is_mergeable(struct vm_area_struct *vma, unsigned long address);

#endif /* _MM_SAMEPAGE_H */
