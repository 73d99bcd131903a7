/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_INTERNAL_H
#define _MM_INTERNAL_H

struct page;
struct mm_struct;

/* The page behind an address, faulted in unless FOLL_NOFAULT or FOLL_FAST_ONLY say not to. */
struct page *lookup_page(struct mm_struct *mm, unsigned long address, unsigned int flags);

#endif /* _MM_INTERNAL_H */
