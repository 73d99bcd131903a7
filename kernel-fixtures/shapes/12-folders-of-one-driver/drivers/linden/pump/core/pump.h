/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PUMP_H
#define PUMP_H

#include <linux/device.h>

struct pump;

struct pump_ops {
	void (*flush)(struct pump *pump, struct page *page);
};

struct pump {
	struct device *dev;
	const struct pump_ops *ops;
	struct page *page;
};

void valve_attach(struct pump *pump);

#endif
