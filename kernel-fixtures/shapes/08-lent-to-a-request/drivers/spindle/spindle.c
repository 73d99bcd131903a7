// SPDX-License-Identifier: GPL-2.0-only
/* A request gets the pages of the user, or those of the driver; each are released by their own. */
#include <linux/blk-mq.h>

struct spindle {
	struct rq_map_data map;
	struct page **user;
	struct page **own;
	int nr;
};

int spindle_wind(struct spindle *s, unsigned long start, int nr)
{
	struct page **pages = kmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	int got, i;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: wound */
	if (got < nr) {
		for (i = 0; i < got; i++)
			put_page(pages[i]); /* release: wound */
		kfree(pages);
		return -EFAULT;
	}
	s->user = pages;
	s->nr = nr;
	return 0;
}

int spindle_turn(struct spindle *s, struct request_queue *q, struct request *rq)
{
	struct rq_map_data *map = &s->map;

	map->pages = s->user ? s->user : s->own;
	map->nr_entries = s->nr;
	return blk_rq_map_user(q, rq, map, NULL, s->nr * PAGE_SIZE, GFP_KERNEL);
}

void spindle_stop(struct spindle *s)
{
	int i;

	for (i = 0; i < s->nr; i++) {
		SetPageDirty(s->user[i]);
		put_page(s->user[i]); /* release: wound */
	}
	kfree(s->user);
	s->user = NULL;
}
