/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SPOOL_H
#define _LINUX_SPOOL_H

struct page;
struct spool;

int spool_stage_user(struct spool *spool, unsigned long start, unsigned int nr_pages);

/* Comes with the firmware, which releases the pages by whatever means it has. */
int spool_firmware_queue(struct spool *spool, struct page **pages, unsigned int nr_pages);

#endif /* _LINUX_SPOOL_H */
