// SPDX-License-Identifier: GPL-2.0-only
/* Pages that go through a table of functions, which another driver fills. */
#include <linux/locker.h>

int locker_fill(struct locker *locker, unsigned long start, const void *from)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: stored */
		return -EFAULT;
	locker->ops->store(page, from);
	set_page_dirty_lock(page);
	put_page(page); /* release: stored */
	return 0;
}

int locker_leave(struct locker *locker, unsigned long start)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: kept */
		return -EFAULT;
	locker->ops->keep(page);
	put_page(page); /* release: kept */
	return 0;
}
