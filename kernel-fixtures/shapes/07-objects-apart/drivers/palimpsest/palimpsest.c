// SPDX-License-Identifier: GPL-2.0-only
/* The same, but one object is copied over the other. */
#include <linux/device.h>

struct palimpsest_page {
	struct page *page;
};

struct palimpsest {
	struct palimpsest_page *user;
	struct palimpsest_page *own;
};

int palimpsest_open(struct palimpsest *palimpsest, unsigned long start)
{
	struct palimpsest_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: copied */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	palimpsest->user = entry;
	return 0;
}

int palimpsest_print(struct palimpsest *palimpsest)
{
	struct palimpsest_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	palimpsest->own = entry;
	return 0;
}

void palimpsest_swap(struct palimpsest *palimpsest)
{
	*palimpsest->user = *palimpsest->own;
}

void palimpsest_close(struct palimpsest *palimpsest)
{
	put_page(palimpsest->user->page); /* release: copied */
	kfree(palimpsest->user);
	palimpsest->user = NULL;
}
