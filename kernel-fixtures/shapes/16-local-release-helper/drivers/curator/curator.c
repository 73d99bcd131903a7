// SPDX-License-Identifier: GPL-2.0-only
/* One release helper with a dirty argument, called from three places for two arrays. */
#include <linux/mm.h>

struct curator_show {
	struct {
		struct page **header;
		struct page **body;
	} rooms;
	unsigned long nr;
	void *view;
};

static void curator_release(struct page **pages, unsigned long nr, bool dirty)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (dirty)
			set_page_dirty(pages[i]);
		put_page(pages[i]); /* release: rooms */
		pages[i] = NULL;
	}
}

int curator_open(struct curator_show *show, unsigned long top, unsigned long below)
{
	int got;

	got = get_user_pages_fast(top, show->nr, FOLL_WRITE, show->rooms.header); /* acquire: rooms */
	if (got < (int)show->nr) {
		if (got > 0)
			curator_release(show->rooms.header, got, false);
		return -EFAULT;
	}
	got = get_user_pages_fast(below, show->nr, FOLL_WRITE, show->rooms.body); /* acquire: rooms */
	if (got < (int)show->nr) {
		if (got > 0)
			curator_release(show->rooms.body, got, false);
		curator_release(show->rooms.header, show->nr, false);
		return -EFAULT;
	}
	show->view = vmap(show->rooms.header, 1, VM_MAP, PAGE_KERNEL);
	memset(show->view, 0, PAGE_SIZE);
	return 0;
}

void curator_close(struct curator_show *show)
{
	vunmap(show->view);
	curator_release(show->rooms.header, show->nr, true);
	curator_release(show->rooms.body, show->nr, true);
}
