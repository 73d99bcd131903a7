// SPDX-License-Identifier: GPL-2.0-only
/* The same key, and somebody maps what it stands for while the page is held. */
#include <linux/mm.h>

void shelf_map(unsigned long address);

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct shelf_entry {
	struct hlist_node node;
	unsigned long key;
	struct page *page;
};

bool shelf_is(struct shelf_entry *entry, unsigned long key)
{
	return entry->key == key;
}

int shelf_add(struct shelf_entry *entry, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &entry->page) != 1) /* acquire: mapped */
		return -EFAULT;
	entry->key = page_to_pfn(entry->page);
	return 0;
}

void shelf_open(struct shelf_entry *entry)
{
	unsigned long frame = entry->key;

	shelf_map(frame << PAGE_SHIFT);
}

void shelf_free(struct shelf_entry *entry)
{
	put_page(entry->page); /* release: mapped */
}
