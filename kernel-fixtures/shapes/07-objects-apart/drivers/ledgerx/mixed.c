// SPDX-License-Identifier: GPL-2.0-only
/* The same with a member that both kinds of objects come into. */
#include <linux/device.h>

struct mixed_page {
	struct page *page;
};

struct mixed {
	struct mixed_page *first;
	struct mixed_page *own;
};

int mixed_open(struct mixed *mixed, unsigned long start)
{
	struct mixed_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: mixed */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	mixed->first = entry;
	return 0;
}

int mixed_print(struct mixed *mixed)
{
	struct mixed_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	mixed->own = entry;
	if (!mixed->first)
		mixed->first = mixed->own;
	return 0;
}

void mixed_close(struct mixed *mixed)
{
	put_page(mixed->first->page); /* release: mixed */
	kfree(mixed->first);
	mixed->first = NULL;
}
