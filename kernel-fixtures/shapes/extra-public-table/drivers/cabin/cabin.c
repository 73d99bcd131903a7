// SPDX-License-Identifier: GPL-2.0-only
/* One function of the table only writes to the page; the other gives it to who knows whom. */
#include <linux/locker.h>

void cabin_hide(struct page *page);

static void cabin_store(struct page *page, const void *from)
{
	memcpy(page_address(page), from, PAGE_SIZE);
}

static void cabin_keep(struct page *page)
{
	cabin_hide(page);
}

const struct locker_ops cabin_ops = {
	.store = cabin_store,
	.keep = cabin_keep,
};
