// SPDX-License-Identifier: GPL-2.0-only
/* The same, but one object is copied over the other. */
#include <linux/device.h>

struct copied_page {
	struct page *page;
};

struct copied {
	struct copied_page *user;
	struct copied_page *own;
};

int copied_open(struct copied *copied, unsigned long start)
{
	struct copied_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: copied */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	copied->user = entry;
	return 0;
}

int copied_print(struct copied *copied)
{
	struct copied_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	copied->own = entry;
	return 0;
}

void copied_swap(struct copied *copied)
{
	*copied->user = *copied->own;
}

void copied_close(struct copied *copied)
{
	put_page(copied->user->page); /* release: copied */
	kfree(copied->user);
	copied->user = NULL;
}
