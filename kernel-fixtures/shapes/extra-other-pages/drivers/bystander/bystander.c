// SPDX-License-Identifier: GPL-2.0-only
/* get_page() and put_page() on other pages in the same function. */
#include <linux/mm.h>

int bystander_copy(struct page *other, unsigned long address)
{
	struct page *page;

	get_page(other);
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) { /* acquire: page */
		put_page(other);
		return -EFAULT;
	}
	memcpy(page_address(page), page_address(other), PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: page */
	put_page(other);
	return 0;
}

struct bystander {
	struct page *mine;
	struct page *theirs;
};

int bystander_two(struct bystander *pair, unsigned long address, struct page *cached)
{
	pair->theirs = cached;
	get_page(pair->theirs);
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &pair->mine) != 1) { /* acquire: member */
		put_page(pair->theirs);
		return -EFAULT;
	}
	memset(page_address(pair->mine), 0, PAGE_SIZE);
	return 0;
}

void bystander_end(struct bystander *pair)
{
	put_page(pair->theirs);
	put_page(pair->mine); /* release: member */
}
