// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 1 and 3, CASE 2: object of the Makefile above; the release function has two versions. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "scan_engine.h"

#ifdef CONFIG_SCANFAB_WRITES
static void scan_engine_drop(struct page *page)
{
	set_page_dirty_lock(page);
	put_page(page);
}
#else
static void scan_engine_drop(struct page *page)
{
	put_page(page);
}
#endif

int scan_engine_load(struct scan_engine *engine, unsigned long start, int nr_lines)
{
	int i;

	engine->nr_lines = get_user_pages_fast(start, nr_lines, FOLL_WRITE, engine->lines);
	if (engine->nr_lines < 0)
		return engine->nr_lines;
	for (i = 0; i < engine->nr_lines; i++)
		dma_map_page(engine->dev, engine->lines[i], 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return 0;
}

void scan_engine_unload(struct scan_engine *engine)
{
	int i;

	for (i = 0; i < engine->nr_lines; i++)
		scan_engine_drop(engine->lines[i]);
}
