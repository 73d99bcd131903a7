// SPDX-License-Identifier: GPL-2.0-only
/* An error label and a free function, both on the same pages under two names. */
#include <linux/mm.h>

struct mosaic_guest {
	struct page **shared;
	int nr_shared;
	u32 *table;
};

static void mosaic_free(struct mosaic_guest *guest)
{
	int i;

	if (!guest->shared)
		return;
	vunmap(guest->table);
	for (i = 0; i < guest->nr_shared; i++) {
		set_page_dirty_lock(guest->shared[i]);
		put_page(guest->shared[i]); /* release: tiles */
	}
	guest->nr_shared = 0;
	kfree(guest->shared);
	guest->shared = NULL;
}

int mosaic_configure(struct mosaic_guest *guest, unsigned long start, int nr)
{
	struct page **pages = kmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	int i, ret;
	u32 *table;

	if (!pages)
		return -ENOMEM;
	ret = get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: tiles */
	if (ret < 0)
		goto free_pages;
	if (ret != nr) {
		nr = ret;
		ret = -EFAULT;
		goto put_pages;
	}
	table = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (!table) {
		ret = -ENOMEM;
		goto put_pages;
	}
	mosaic_free(guest);
	guest->table = table;
	guest->shared = pages;
	guest->nr_shared = nr;
	return 0;

put_pages:
	for (i = 0; i < nr; i++)
		put_page(pages[i]); /* release: tiles */
free_pages:
	kfree(pages);
	return ret;
}

void mosaic_set(struct mosaic_guest *guest, int n, u32 value)
{
	guest->table[n] = value;
}
