// SPDX-License-Identifier: GPL-2.0-only
/* The same, but when the request fails they are taken back from where it had them. */
#include <linux/blk-mq.h>

struct bobbin {
	struct rq_map_data map;
	struct page *user[4];
};

static void bobbin_drop(struct page **pages, int nr)
{
	while (nr--)
		put_page(pages[nr]);
}

int bobbin_wind(struct bobbin *b, unsigned long start)
{
	if (get_user_pages_fast(start, 4, FOLL_WRITE, b->user) != 4) /* acquire: unwound */
		return -EFAULT;
	b->map.pages = b->user;
	b->map.nr_entries = 4;
	return 0;
}

void bobbin_fail(struct bobbin *b)
{
	bobbin_drop(b->map.pages, b->map.nr_entries);
}

void bobbin_stop(struct bobbin *b)
{
	int i;

	for (i = 0; i < 4; i++)
		put_page(b->user[i]); /* release: unwound */
}
