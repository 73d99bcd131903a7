// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages are used in a block that scoped_guard() holds a lock for. spatch
 * has to be told that a block may follow such a macro.
 */
#include <linux/cleanup.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#define ARBOUR_TEXT	16

struct arbour {
	struct mutex lock;
	int cut;
	char text[ARBOUR_TEXT];
};

int arbour_prune(struct arbour *arbour, unsigned long start);
int arbour_graft(struct arbour *arbour, unsigned long start);

int arbour_prune(struct arbour *arbour, unsigned long start)
{
	struct page *page;
	int ret = 0;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: behind */
		return -EFAULT;

	scoped_guard(mutex, &arbour->lock) {
		if (arbour->cut) {
			ret = -EINVAL;
			goto out;
		}
		memcpy(page_address(page), arbour->text, ARBOUR_TEXT);
	}
	set_page_dirty_lock(page);
out:
	put_page(page); /* release: behind */
	return ret;
}

int arbour_graft(struct arbour *arbour, unsigned long start)
{
	struct page *page;

	scoped_guard(mutex, &arbour->lock) {
		if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1) /* acquire: within */
			return -EFAULT;
		if (arbour->cut) {
			put_page(page); /* release: within */
			return -EINVAL;
		}
		memcpy(page_address(page), arbour->text, ARBOUR_TEXT);
		set_page_dirty_lock(page);
		put_page(page); /* release: within */
	}
	return 0;
}
