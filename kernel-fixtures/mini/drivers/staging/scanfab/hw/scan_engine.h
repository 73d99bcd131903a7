/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SCAN_ENGINE_H
#define _SCAN_ENGINE_H

struct device;
struct page;

struct scan_engine {
	struct device *dev;
	struct page *lines[SCANFAB_DEPTH];
	int nr_lines;
};

int scan_engine_load(struct scan_engine *engine, unsigned long start, int nr_lines);
void scan_engine_unload(struct scan_engine *engine);

#endif /* _SCAN_ENGINE_H */
