// SPDX-License-Identifier: GPL-2.0-only
/* Starts scans; the pages are the business of hw/scan_engine.c. */
#include <linux/module.h>

#include "hw/scan_engine.h"

int scanfab_scan(struct scan_engine *engine, unsigned long start);

int scanfab_scan(struct scan_engine *engine, unsigned long start)
{
	int ret = scan_engine_load(engine, start, SCANFAB_DEPTH);

	if (!ret)
		scan_engine_unload(engine);
	return ret;
}
EXPORT_SYMBOL_GPL(scanfab_scan);

MODULE_LICENSE("GPL");
