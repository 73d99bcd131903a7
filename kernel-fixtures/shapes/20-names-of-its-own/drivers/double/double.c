// SPDX-License-Identifier: GPL-2.0-only
/* Functions of the driver that are called as those of the API, and have nothing to do with it. */
#include <linux/mm.h>

struct double_book {
	void (*put_page)(struct page *page);
	struct page *pages[2];
};

static int pin_user_pages_here(struct double_book *book, unsigned long start)
{
	book->pages[0] = alloc_page(GFP_KERNEL);
	return book->pages[0] && start ? 0 : -ENOMEM;
}

int double_book(struct double_book *book, unsigned long start)
{
	if (pin_user_pages_here(book, start))
		goto put_pages;
	return 0;

put_pages:
	book->put_page(book->pages[0]);
	return -ENOMEM;
}
