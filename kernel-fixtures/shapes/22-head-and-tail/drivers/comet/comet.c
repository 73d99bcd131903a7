// SPDX-License-Identifier: GPL-2.0-only
/* Head and tail of a compound page, one variable for both. */
#include <linux/mm.h>

struct comet_key {
	struct address_space *mapping;
	unsigned long index;
};

int comet_key(unsigned long address, struct comet_key *key)
{
	struct page *page, *tail;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: key */
		return -EFAULT;
	tail = page;
	page = compound_head(page);
	key->mapping = page->mapping;
	key->index = page == tail ? page->index : tail->index;
	put_page(page); /* release: key */
	return 0;
}

/* The head is held by a reference of its own while the tail's is dropped. */
struct page *comet_head(unsigned long address)
{
	struct page *page, *head;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: swap */
		return NULL;
	head = compound_head(page);
	if (head != page) {
		get_page(head);
		put_page(page); /* release: swap */
	}
	return head;
}
