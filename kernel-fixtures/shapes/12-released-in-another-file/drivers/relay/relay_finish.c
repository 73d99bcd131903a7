// SPDX-License-Identifier: GPL-2.0-only
/* Released through a local copy, after the member was cleared. */
#include "relay.h"

void relay_baton_drop(struct relay_baton *baton)
{
	struct page *page = baton->page;

	baton->page = NULL;
	baton->flag = NULL;
	if (page) {
		kunmap(page);
		put_page(page); /* release: baton */
	}
}
