// SPDX-License-Identifier: GPL-2.0-only
/* Objects of one struct, but those with pages of the user are never those with others. */
#include <linux/device.h>

struct ledger_page {
	struct page *page;
	unsigned long nr;
};

struct ledger {
	struct ledger_page *user;
	struct ledger_page *own;
};

int ledger_open(struct ledger *ledger, unsigned long start)
{
	struct ledger_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &entry->page) != 1) { /* acquire: book */
		kfree(entry);
		return -EFAULT;
	}
	memset(page_address(entry->page), 0, PAGE_SIZE);
	ledger->user = entry;
	return 0;
}

int ledger_print(struct ledger *ledger)
{
	struct ledger_page *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->page = alloc_page(GFP_KERNEL);
	ledger->own = entry;
	return 0;
}

static void ledger_drop(struct ledger_page *entry)
{
	put_page(entry->page); /* release: book */
	kfree(entry);
}

void ledger_close(struct ledger *ledger)
{
	ledger_drop(ledger->user);
	ledger->user = NULL;
}
