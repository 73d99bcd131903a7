// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two pages at once, each in a variable of its own: the one is written to, of
 * the other only the node is asked for.
 */
#include <linux/kernel.h>
#include <linux/mm.h>

int duet_play(unsigned long first, unsigned long second);

int duet_play(unsigned long first, unsigned long second)
{
	struct page *high, *low;
	int node;

	if (get_user_pages_fast(first, 1, FOLL_WRITE, &high) != 1) /* acquire: written */
		return -EFAULT;
	if (get_user_pages_fast(second, 1, 0, &low) != 1) { /* acquire: asked */
		put_page(high); /* release: written */
		return -EFAULT;
	}

	memset(page_address(high), 0, PAGE_SIZE);
	set_page_dirty_lock(high);
	node = page_to_nid(low);

	put_page(low); /* release: asked */
	put_page(high); /* release: written */
	return node;
}
