// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct job {
	struct page **pages;
	unsigned long nr;
	unsigned int dirty:1;
	enum dma_data_direction direction;
};

static int always(struct job *job, unsigned long addr)
{
	int i;

	if (get_user_pages_fast(addr, job->nr, FOLL_WRITE, job->pages) <= 0)
		return -EFAULT;
	for (i = 0; i < job->nr; i++) {
		set_page_dirty_lock(job->pages[i]);
		put_page(job->pages[i]);
	}
	return 0;
}

static void unless_dirty(struct job *job)
{
	int i;

	for (i = 0; i < job->nr; i++) {
		if (!PageDirty(job->pages[i]))
			set_page_dirty_lock(job->pages[i]);
		put_page(job->pages[i]);
	}
}

static void condition(struct job *job)
{
	unsigned long i;

	for (i = 0; i < job->nr; i++) {
		if (job->dirty && job->direction == DMA_FROM_DEVICE) {
			set_page_dirty_lock(job->pages[i]);
		}

		put_page(job->pages[i]);
	}
}

static void branches(struct job *job, int write)
{
	int i;

	if (write) {
		for (i = 0; i < job->nr; i++) {
			set_page_dirty_lock(job->pages[i]);
			put_page(job->pages[i]);
		}
	} else {
		for (i = 0; i < job->nr; i++)
			put_page(job->pages[i]);
	}
}

static void variable(struct job *job, unsigned int gup_flags)
{
	unsigned long i;

	for (i = 0; i < job->nr; i++) {
		struct page *page = job->pages[i];

		if (gup_flags & FOLL_WRITE)
			set_page_dirty_lock(page);
		put_page(page);
	}
}
