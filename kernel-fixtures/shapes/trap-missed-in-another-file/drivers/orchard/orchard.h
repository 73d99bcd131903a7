/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ORCHARD_H
#define ORCHARD_H

#include <linux/device.h>

struct orchard_tree {
	struct scatterlist *apples;
	unsigned int nr;
};

void orchard_fell(struct orchard_tree *tree);

#endif
