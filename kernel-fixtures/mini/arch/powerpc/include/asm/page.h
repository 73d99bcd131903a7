/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_PAGE_H
#define _ASM_POWERPC_PAGE_H

#define PAGE_SHIFT 16

#endif /* _ASM_POWERPC_PAGE_H */
