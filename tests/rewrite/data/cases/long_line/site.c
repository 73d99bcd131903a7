// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int hold(struct buffer *buffer, unsigned long address)
{
	buffer->number = get_user_pages_fast((unsigned long)address, buffer->count, 1, buffer->p);
	put_page(buffer->p[0]);
	return 0;
}
