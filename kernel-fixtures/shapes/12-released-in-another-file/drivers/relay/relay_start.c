// SPDX-License-Identifier: GPL-2.0-only
/* The page goes into a struct of the driver's header. */
#include "relay.h"

int relay_baton_take(struct relay_baton *baton, unsigned long address)
{
	int ret = get_user_pages_fast(address, 1, FOLL_WRITE, &baton->page); /* acquire: baton */

	if (ret != 1) {
		baton->page = NULL;
		return -EFAULT;
	}
	baton->flag = kmap(baton->page) + (address & (PAGE_SIZE - 1));
	return 0;
}

void relay_baton_signal(struct relay_baton *baton)
{
	if (baton->flag)
		*baton->flag = 1;
}
