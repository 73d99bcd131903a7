/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_TAGS_H
#define _ASM_ARM64_TAGS_H

#include <linux/types.h>

#define TAG_GRANULES 256

struct mm_struct;

unsigned long tags_copy_to_page(void *address, const u8 *tags, unsigned long count);
long tags_access_remote(struct mm_struct *mm, unsigned long address, const u8 *tags,
			unsigned long count);

#endif /* _ASM_ARM64_TAGS_H */
