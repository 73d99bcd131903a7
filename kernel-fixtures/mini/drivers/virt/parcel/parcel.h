/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _PARCEL_H
#define _PARCEL_H

#include <linux/types.h>

struct page;

struct parcel_context {
	struct page *notify_page;
	u8 *notify;
	bool done;
};

int parcel_setup_notify(struct parcel_context *context, unsigned long address);
void parcel_unset_notify(struct parcel_context *context);

#endif /* _PARCEL_H */
