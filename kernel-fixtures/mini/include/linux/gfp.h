/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define GFP_KERNEL 0x1u
#define GFP_ATOMIC 0x2u
#define __GFP_ZERO 0x100u

struct page;

struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);

#endif /* _LINUX_GFP_H */
