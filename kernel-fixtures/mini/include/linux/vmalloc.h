/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/types.h>

#define VM_MAP 0x4

struct page;

void *vmap(struct page **pages, unsigned int count, unsigned long flags, unsigned long protection);
void vunmap(const void *address);

#endif /* _LINUX_VMALLOC_H */
