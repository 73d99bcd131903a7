// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that name the function which failed: the call gets another name, the
 * message stays, and the patch says so. Not so where nothing is replaced.
 */
#include <linux/kernel.h>
#include <linux/mm.h>

void pr_debug(const char *format, ...);

int caption_print(unsigned long start);
int caption_glance(unsigned long start);

int caption_print(unsigned long start)
{
	struct page *page;
	int got;

	got = get_user_pages_fast(start, 1, FOLL_WRITE, &page); /* acquire: printed */
	if (got != 1) {
		pr_debug("get_user_pages_fast() got %d, not as get_user_pages_fast_only()", got);
		return -EFAULT;
	}
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page); /* release: printed */
	pr_debug("dropped by put_page, not by my_put_page");
	return 0;
}

int caption_glance(unsigned long start)
{
	pr_debug("get_user_pages_fast() is for others");
	return get_user_pages_fast(start, 2, 0, NULL) == 2 ? 0 : -EFAULT; /* acquire: glanced */
}
