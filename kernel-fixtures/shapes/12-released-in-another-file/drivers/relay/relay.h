/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RELAY_H
#define RELAY_H

#include <linux/mm.h>

struct relay_baton {
	u8 *flag;
	struct page *page;
	struct relay_baton *next;
};

void relay_baton_drop(struct relay_baton *baton);

#endif
