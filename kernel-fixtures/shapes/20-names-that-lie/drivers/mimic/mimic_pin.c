// SPDX-License-Identifier: GPL-2.0-only
/* Its own put_user_pages() takes something else: what it does decides, not its name. */
#include <linux/mm.h>

struct mimic_frame {
	struct page *page;
	int users;
};

static void put_user_pages(struct mimic_frame *frame)
{
	if (--frame->users == 0)
		put_page(frame->page); /* release: frame */
}

int mimic_show(struct mimic_frame *frame, unsigned long start)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &frame->page) != 1) /* acquire: frame */
		return -EFAULT;
	frame->users = 1;
	memset(page_address(frame->page), 0, PAGE_SIZE);
	return 0;
}

void mimic_hide(struct mimic_frame *frame)
{
	put_user_pages(frame);
}
