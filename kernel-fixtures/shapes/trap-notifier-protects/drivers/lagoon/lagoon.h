/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LAGOON_H
#define LAGOON_H

#include <linux/device.h>
#include <linux/mmu_notifier.h>

struct lagoon_object {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct page **pages;
	struct scatterlist *sgl;
	int nr;
};

int lagoon_register(struct lagoon_object *object, unsigned long start);

#endif
