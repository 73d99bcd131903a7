// SPDX-License-Identifier: GPL-2.0-only
/* The same with a filler that takes the array; and with pages found by a pfn. */
#include <linux/mm.h>

struct potluck_table {
	struct page *plates[16];
	unsigned long nr;
};

int potluck_table_set(struct potluck_table *table, unsigned long start)
{
	table->nr = alloc_pages_bulk_array(GFP_KERNEL, 16, table->plates);
	if (table->nr)
		return 0;
	table->nr = get_user_pages_unlocked(start, 16, table->plates, FOLL_WRITE); /* acquire: bulk */
	memset(page_address(table->plates[0]), 0, PAGE_SIZE);
	return 0;
}

void potluck_table_clear(struct potluck_table *table)
{
	release_pages(table->plates, table->nr); /* release: bulk */
}

struct potluck_guest {
	struct page *page;
};

int potluck_guest_in(struct potluck_guest *guest, unsigned long start, unsigned long pfn)
{
	if (pfn_valid(pfn)) {
		guest->page = pfn_to_page(pfn);
		get_page(guest->page);
		return 0;
	}
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &guest->page) != 1) /* acquire: guest */
		return -EFAULT;
	memset(page_address(guest->page), 0, PAGE_SIZE);
	return 0;
}

void potluck_guest_out(struct potluck_guest *guest)
{
	put_page(guest->page); /* release: guest */
}
