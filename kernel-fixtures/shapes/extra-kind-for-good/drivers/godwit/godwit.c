// SPDX-License-Identifier: GPL-2.0-only
/* An object becomes another when others know it. */
#include <linux/device.h>

struct godwit {
	unsigned int count;
	unsigned int user;
	struct page **pages;
};

void godwit_free(struct godwit *godwit)
{
	int user = godwit->user;
	unsigned int i;

	if (user)
		for (i = 0; i < godwit->count; i++)
			put_page(godwit->pages[i]); /* release: godwit */
	kfree(godwit->pages);
	kfree(godwit);
}

static struct godwit *godwit_alloc(unsigned int user, unsigned int count)
{
	struct godwit *godwit = kzalloc(sizeof(*godwit), GFP_KERNEL);

	if (!godwit)
		return NULL;
	godwit->user = user;
	godwit->count = count;
	godwit->pages = kcalloc(count, sizeof(*godwit->pages), GFP_KERNEL);
	if (!godwit->pages) {
		kfree(godwit);
		return NULL;
	}
	return godwit;
}

void godwit_turn(struct godwit *godwit)
{
	godwit->user = !godwit->user;
}

struct godwit *godwit_kernel(char *kernel, unsigned int count)
{
	struct godwit *godwit = godwit_alloc(0, count);
	unsigned int i;

	if (!godwit)
		return NULL;
	for (i = 0; i < count; i++)
		godwit->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	return godwit;
}

struct godwit *godwit_user(unsigned long start, unsigned int count)
{
	struct godwit *godwit = godwit_alloc(1, count);
	int got;

	if (!godwit)
		return NULL;
	got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, godwit->pages); /* acquire: godwit */
	if (got != count) {
		while (got > 0)
			put_page(godwit->pages[--got]); /* release: godwit */
		kfree(godwit->pages);
		kfree(godwit);
		return NULL;
	}
	memset(page_address(godwit->pages[0]), 0, PAGE_SIZE);
	return godwit;
}
