/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COVE_H
#define COVE_H

#include <linux/device.h>
#include <linux/mmu_notifier.h>

struct cove_always {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct page **pages;
	int nr;
};

struct cove_sometimes {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct page **pages;
	int nr;
	bool keeps;
};

struct cove_taken {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct page **pages;
	int nr;
};

#endif
