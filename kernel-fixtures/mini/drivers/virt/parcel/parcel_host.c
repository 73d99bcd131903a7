// SPDX-License-Identifier: GPL-2.0-only
/* Shape 12, CASE 5: got here, kept mapped in a struct, released in parcel_context.c. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "parcel.h"

int parcel_setup_notify(struct parcel_context *context, unsigned long address)
{
	int ret;

	if (context->notify_page)
		return -EBUSY;

	ret = get_user_pages_fast(address, 1, FOLL_WRITE, &context->notify_page);
	if (ret != 1) {
		context->notify_page = NULL;
		return -EFAULT;
	}

	context->notify = kmap(context->notify_page);
	context->notify += offset_in_page(address);
	*context->notify = context->done;
	return 0;
}
EXPORT_SYMBOL_GPL(parcel_setup_notify);

MODULE_LICENSE("GPL");
