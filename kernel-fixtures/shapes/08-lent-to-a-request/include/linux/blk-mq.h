/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BLK_MQ_H
#define BLK_MQ_H

#include <linux/mm.h>

struct request;
struct request_queue;

struct rq_map_data {
	struct page **pages;
	unsigned long offset;
	int nr_entries;
};

int blk_rq_map_user(struct request_queue *q, struct request *rq, struct rq_map_data *data,
		    void *ubuf, unsigned long len, gfp_t gfp);

#endif
