/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_FERRY_H
#define _LINUX_FERRY_H

#include <linux/mm.h>

struct ferry {
	struct page *deck;
};

struct raft {
	struct page *logs;
};

int ferry_board(struct ferry *ferry, unsigned long start, const void *data);
void ferry_land(struct ferry *ferry);
int raft_board(struct raft *raft, unsigned long start, const void *data);
void raft_land(struct raft *raft);

#endif
