/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_PAGE_H
#define _ASM_ARM64_PAGE_H

#define PAGE_SHIFT 12

#endif /* _ASM_ARM64_PAGE_H */
