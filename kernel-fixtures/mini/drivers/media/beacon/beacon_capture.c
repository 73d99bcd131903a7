// SPDX-License-Identifier: GPL-2.0-only
/* A caller of frame_list_fill(): no GUP in here, and nothing to change. */
#include <linux/errno.h>
#include <linux/frame_list.h>
#include <linux/module.h>

int beacon_capture(unsigned long start);

int beacon_capture(unsigned long start)
{
	struct frame_list *list = frame_list_create(4);
	int got;

	if (!list)
		return -ENOMEM;
	got = frame_list_fill(list, start, 4);
	frame_list_empty(list);
	return got < 0 ? got : 0;
}
EXPORT_SYMBOL_GPL(beacon_capture);

MODULE_LICENSE("GPL");
