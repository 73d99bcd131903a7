/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_CONCIERGE_H
#define _LINUX_CONCIERGE_H

#include <linux/mm.h>

int concierge_fetch(unsigned long start, int nr, struct page **pages);
int concierge_hook(unsigned long start, struct page **page);
struct page *concierge_one(unsigned long address);

#endif
