// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct panel {
	struct page *pane;
};

struct panel_view {
	struct page *first;
};

int panel_open(struct panel *panel, unsigned long address, int early)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &panel->pane) != 1) /* acquire: view */
		return -EFAULT;
	memset(kmap(panel->pane), 0, 64);
	kunmap(panel->pane);
	if (early)
		put_page(panel->pane); /* release: view */
	return early;
}

void panel_close(struct panel *panel)
{
	put_page(((struct panel_view *)panel)->first);
}
