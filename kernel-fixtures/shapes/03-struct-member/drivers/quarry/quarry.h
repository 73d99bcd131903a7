/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef QUARRY_H
#define QUARRY_H

#include <linux/device.h>

struct quarry_seam {
	struct {
		struct page *pages[8];
		int nr;
	} rock;
	union {
		dma_addr_t bus;
		void *view;
	};
};

struct quarry {
	struct device *dev;
	struct quarry_seam seams[4];
};

#endif
