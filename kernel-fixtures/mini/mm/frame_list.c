// SPDX-License-Identifier: GPL-2.0-only
/* Shape 10: a helper API over GUP. The helper moves, its callers stay as they are. */
#include <linux/frame_list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct frame_list *frame_list_create(unsigned int nr_frames)
{
	struct frame_list *list = kzalloc(sizeof(*list) + nr_frames * sizeof(list->frames[0]),
					  GFP_KERNEL);

	if (list)
		list->nr_allocated = nr_frames;
	return list;
}
EXPORT_SYMBOL(frame_list_create);

int frame_list_fill(struct frame_list *list, unsigned long start, unsigned int nr_frames)
{
	int got;

	if (nr_frames > list->nr_allocated)
		return -EINVAL;
	got = get_user_pages_fast(start, nr_frames, FOLL_FORCE | FOLL_WRITE | FOLL_LONGTERM,
				  list->frames);
	list->nr_frames = got > 0 ? got : 0;
	return got;
}
EXPORT_SYMBOL(frame_list_fill);

void frame_list_empty(struct frame_list *list)
{
	unsigned int i;

	for (i = 0; i < list->nr_frames; i++)
		put_page(list->frames[i]);
	list->nr_frames = 0;
}
EXPORT_SYMBOL(frame_list_empty);

MODULE_LICENSE("GPL");
