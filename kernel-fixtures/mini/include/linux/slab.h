/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t count, size_t size, gfp_t gfp);
void *kmalloc_array(size_t count, size_t size, gfp_t gfp);
void *kvcalloc(size_t count, size_t size, gfp_t gfp);
void kfree(const void *memory);
void kvfree(const void *memory);

#endif /* _LINUX_SLAB_H */
