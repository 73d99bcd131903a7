// SPDX-License-Identifier: GPL-2.0-only
#include "../core/pump.h"

static void valve_flush(struct pump *pump, struct page *page)
{
	set_page_dirty_lock(page);
}

static const struct pump_ops valve_ops = {
	.flush = valve_flush,
};

void valve_attach(struct pump *pump)
{
	pump->ops = &valve_ops;
}

void valve_break(struct pump *pump)
{
	put_page(pump->page); /* release: pump */
	pump->page = NULL;
}
