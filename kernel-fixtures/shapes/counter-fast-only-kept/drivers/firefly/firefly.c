// SPDX-License-Identifier: GPL-2.0-only
/* Looked up without sleeping, and held for long: no moment, and no notifier that undoes it. */
#include <linux/mm.h>

struct firefly {
	struct page *page;
	char *light;
};

int firefly_catch(struct firefly *fly, unsigned long address)
{
	if (!get_user_page_fast_only(address, FOLL_WRITE, &fly->page)) /* acquire: caught */
		return -EFAULT;
	fly->light = kmap(fly->page);
	return 0;
}

void firefly_glow(struct firefly *fly)
{
	fly->light[0]++;
	set_page_dirty_lock(fly->page);
}

void firefly_free(struct firefly *fly)
{
	kunmap(fly->page);
	put_page(fly->page); /* release: caught */
}
