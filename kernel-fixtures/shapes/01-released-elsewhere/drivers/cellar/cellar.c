// SPDX-License-Identifier: GPL-2.0-only
/* Released by a peer through a struct, through a wrapper, and by the callers of the function. */
#include <linux/mm.h>

struct cellar_rack {
	struct page **bottles;
	int count;
	void *view;
};

static void cellar_put_all(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]); /* release: rack */
}

int cellar_rack_fill(struct cellar_rack *rack, unsigned long start, int nr)
{
	int got;

	rack->bottles = kmalloc_array(nr, sizeof(*rack->bottles), GFP_KERNEL);
	if (!rack->bottles)
		return -ENOMEM;
	got = get_user_pages_fast(start, nr, FOLL_WRITE, rack->bottles); /* acquire: rack */
	if (got != nr) {
		if (got > 0)
			cellar_put_all(rack->bottles, got);
		kfree(rack->bottles);
		return -EFAULT;
	}
	rack->count = nr;
	rack->view = vmap(rack->bottles, nr, VM_MAP, PAGE_KERNEL);
	memset(rack->view, 0, nr * PAGE_SIZE);
	return 0;
}

void cellar_rack_drain(struct cellar_rack *rack)
{
	vunmap(rack->view);
	cellar_put_all(rack->bottles, rack->count);
	kfree(rack->bottles);
}

static struct page *cellar_fetch(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: fetch */
		return NULL;
	return page;
}

static void cellar_unfetch(struct page *page)
{
	set_page_dirty_lock(page);
	put_page(page); /* release: fetch */
}

int cellar_mark(unsigned long address)
{
	struct page *page = cellar_fetch(address);
	char *text;

	if (!page)
		return -EFAULT;
	text = kmap_atomic(page);
	text[address & 7] = 1;
	kunmap_atomic(text);
	cellar_unfetch(page);
	return 0;
}
