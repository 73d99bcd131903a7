/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MIRROR_H
#define _MIRROR_H

#include <linux/mmu_notifier.h>

struct device;
struct page;

struct mirror_range {
	struct mmu_interval_notifier notifier;
	struct device *dev;
	unsigned long start;
	unsigned long nr_pages;
	struct page **pages;
};

int mirror_watch(struct mirror_range *range, struct mm_struct *mm);
void mirror_unwatch(struct mirror_range *range);
int mirror_populate(struct mirror_range *range);
void mirror_forget(struct mirror_range *range);

#endif /* _MIRROR_H */
