// SPDX-License-Identifier: GPL-2.0-only
/* Objects of one struct, but those with pages of the user are never those with others. */
#include <linux/device.h>

struct quill_page {
	struct page *page;
	unsigned long nr;
};

struct quill {
	struct quill_page *user;
	struct quill_page *own;
};

int quill_open(struct quill *quill, unsigned long start)
{
	struct quill_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: book */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	quill->user = entry;
	return 0;
}

int quill_print(struct quill *quill)
{
	struct quill_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	quill->own = entry;
	return 0;
}

static void quill_drop(struct quill_page *entry)
{
	put_page(entry->page); /* release: book */
	kfree(entry);
}

void quill_close(struct quill *quill)
{
	quill_drop(quill->user);
	quill->user = NULL;
}
