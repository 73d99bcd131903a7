// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 1, 4 and 16, CASE 5: a local helper releases, dirty or not, from three places. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct ferry_side {
	unsigned int nr_pages;
	struct page **header_pages;
};

struct ferry_queue {
	struct ferry_side produce;
	struct ferry_side consume;
	bool written;
};

static void ferry_release_pages(struct page **pages, u64 nr_pages, bool dirty)
{
	u64 i;

	for (i = 0; i < nr_pages; i++) {
		if (dirty)
			set_page_dirty_lock(pages[i]);

		put_page(pages[i]);
		pages[i] = NULL;
	}
}

int ferry_queue_map(struct ferry_queue *queue, unsigned long produce, unsigned long consume);
void ferry_queue_unmap(struct ferry_queue *queue);
void ferry_queue_clear(struct ferry_queue *queue);

int ferry_queue_map(struct ferry_queue *queue, unsigned long produce, unsigned long consume)
{
	int got;

	got = get_user_pages_fast(produce, queue->produce.nr_pages, FOLL_WRITE,
				  queue->produce.header_pages);
	if (got < (int)queue->produce.nr_pages) {
		pr_debug("only %d pages of the produce queue\n", got);
		if (got > 0)
			ferry_release_pages(queue->produce.header_pages, got, false);
		return -ENOMEM;
	}

	got = get_user_pages_fast(consume, queue->consume.nr_pages, FOLL_WRITE,
				  queue->consume.header_pages);
	if (got < (int)queue->consume.nr_pages) {
		pr_debug("only %d pages of the consume queue\n", got);
		if (got > 0)
			ferry_release_pages(queue->consume.header_pages, got, false);
		ferry_release_pages(queue->produce.header_pages, queue->produce.nr_pages,
				    false);
		return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_queue_map);

void ferry_queue_clear(struct ferry_queue *queue)
{
	void *header = kmap_local_page(queue->produce.header_pages[0]);

	memset(header, 0, PAGE_SIZE);
	kunmap_local(header);
	queue->written = true;
}
EXPORT_SYMBOL_GPL(ferry_queue_clear);

void ferry_queue_unmap(struct ferry_queue *queue)
{
	ferry_release_pages(queue->produce.header_pages, queue->produce.nr_pages,
			    queue->written);
	ferry_release_pages(queue->consume.header_pages, queue->consume.nr_pages,
			    queue->written);
}
EXPORT_SYMBOL_GPL(ferry_queue_unmap);

MODULE_LICENSE("GPL");
