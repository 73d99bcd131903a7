// SPDX-License-Identifier: GPL-2.0-only
/* Pages of the user beside pages of its own, and a flag next to each that says which it is. */
#include <linux/device.h>

struct heron_part {
	struct page *page;
	int length;
	int pinned;
};

struct heron {
	int count;
	struct heron_part part[8];
};

static void heron_add(struct heron *heron, struct page *page, int length, int pinned)
{
	heron->part[heron->count].page = page;
	heron->part[heron->count].length = length;
	heron->part[heron->count].pinned = pinned;
	heron->count++;
}

static int heron_map(struct heron *heron, struct page *page, int length, int pinned)
{
	if (heron->count == 8) {
		if (pinned)
			put_page(page); /* release: nest */
		else
			__free_page(page);
		return -ENOMEM;
	}
	heron_add(heron, page, length, pinned);
	return 0;
}

int heron_write(struct heron *heron, unsigned long start, int length)
{
	struct page *page;

	if (get_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) /* acquire: nest */
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty(page);
	return heron_map(heron, page, length, 1);
}

int heron_pad(struct heron *heron, int length)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	return heron_map(heron, page, length, 0);
}

void heron_done(struct heron *heron)
{
	int i;

	for (i = 0; i < heron->count; i++) {
		if (!heron->part[i].pinned) {
			__free_page(heron->part[i].page);
			continue;
		}
		put_page(heron->part[i].page); /* release: nest */
	}
	heron->count = 0;
}
