// SPDX-License-Identifier: GPL-2.0-only
/* One function makes the objects, two fill them; what frees them keeps the answer in a variable. */
#include <linux/device.h>

struct avocet {
	unsigned int count;
	unsigned int user;
	struct page **pages;
};

void avocet_free(struct avocet *avocet)
{
	int user = avocet->user;
	unsigned int i;

	if (user)
		for (i = 0; i < avocet->count; i++)
			put_page(avocet->pages[i]); /* release: avocet */
	kfree(avocet->pages);
	kfree(avocet);
}

static struct avocet *avocet_alloc(unsigned int user, unsigned int count)
{
	struct avocet *avocet = kzalloc(sizeof(*avocet), GFP_KERNEL);

	if (!avocet)
		return NULL;
	avocet->user = user;
	avocet->count = count;
	avocet->pages = kcalloc(count, sizeof(*avocet->pages), GFP_KERNEL);
	if (!avocet->pages) {
		kfree(avocet);
		return NULL;
	}
	return avocet;
}

struct avocet *avocet_kernel(char *kernel, unsigned int count)
{
	struct avocet *avocet = avocet_alloc(0, count);
	unsigned int i;

	if (!avocet)
		return NULL;
	for (i = 0; i < count; i++)
		avocet->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	return avocet;
}

struct avocet *avocet_user(unsigned long start, unsigned int count)
{
	struct avocet *avocet = avocet_alloc(1, count);
	int got;

	if (!avocet)
		return NULL;
	got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, avocet->pages); /* acquire: avocet */
	if (got != count) {
		while (got > 0)
			put_page(avocet->pages[--got]); /* release: avocet */
		kfree(avocet->pages);
		kfree(avocet);
		return NULL;
	}
	memset(page_address(avocet->pages[0]), 0, PAGE_SIZE);
	return avocet;
}
