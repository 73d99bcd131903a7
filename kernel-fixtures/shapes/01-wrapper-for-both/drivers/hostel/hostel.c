// SPDX-License-Identifier: GPL-2.0-only
/* A wrapper that drops pages of user space and pages of the kernel. */
#include <linux/mm.h>

static void hostel_leave(struct page **beds, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(beds[i]); /* release: guests */
}

int hostel_guests(unsigned long start, const void *data)
{
	struct page *beds[4];
	int got;

	got = get_user_pages_fast(start, 4, FOLL_WRITE, beds); /* acquire: guests */
	if (got <= 0)
		return -EFAULT;
	memcpy(page_address(beds[0]), data, PAGE_SIZE);
	hostel_leave(beds, got);
	return 0;
}

int hostel_staff(void)
{
	struct page *bed = alloc_page(GFP_KERNEL);

	if (!bed)
		return -ENOMEM;
	hostel_leave(&bed, 1);
	return 0;
}
