// SPDX-License-Identifier: GPL-2.0-only
/* The other half of parcel_host.c: the page goes through a local copy of the struct member. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "parcel.h"

void parcel_unset_notify(struct parcel_context *context)
{
	struct page *notify_page;

	notify_page = context->notify_page;
	if (!notify_page)
		return;

	kunmap(notify_page);
	set_page_dirty_lock(notify_page);
	put_page(notify_page);

	context->notify_page = NULL;
	context->notify = NULL;
}
EXPORT_SYMBOL_GPL(parcel_unset_notify);
