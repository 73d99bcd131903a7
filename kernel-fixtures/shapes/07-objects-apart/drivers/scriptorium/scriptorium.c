// SPDX-License-Identifier: GPL-2.0-only
/* The same with a member that both kinds of objects come into. */
#include <linux/device.h>

struct scriptorium_page {
	struct page *page;
};

struct scriptorium {
	struct scriptorium_page *first;
	struct scriptorium_page *own;
};

int scriptorium_open(struct scriptorium *scriptorium, unsigned long start)
{
	struct scriptorium_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: mixed */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	scriptorium->first = entry;
	return 0;
}

int scriptorium_print(struct scriptorium *scriptorium)
{
	struct scriptorium_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	scriptorium->own = entry;
	if (!scriptorium->first)
		scriptorium->first = scriptorium->own;
	return 0;
}

void scriptorium_close(struct scriptorium *scriptorium)
{
	put_page(scriptorium->first->page); /* release: mixed */
	kfree(scriptorium->first);
	scriptorium->first = NULL;
}
