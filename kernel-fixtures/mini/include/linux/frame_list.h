/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_FRAME_LIST_H
#define _LINUX_FRAME_LIST_H

struct page;

struct frame_list {
	unsigned int nr_allocated;
	unsigned int nr_frames;
	struct page *frames[];
};

struct frame_list *frame_list_create(unsigned int nr_frames);
int frame_list_fill(struct frame_list *list, unsigned long start, unsigned int nr_frames);
void frame_list_empty(struct frame_list *list);

#endif /* _LINUX_FRAME_LIST_H */
