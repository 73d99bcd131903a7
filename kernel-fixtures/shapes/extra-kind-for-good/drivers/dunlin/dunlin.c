// SPDX-License-Identifier: GPL-2.0-only
/* What is for one kind is called for the other, too. */
#include <linux/device.h>

enum dunlin_kind {
	DUNLIN_KERNEL,
	DUNLIN_USER,
};

struct dunlin {
	enum dunlin_kind kind;
	unsigned int count;
	struct page **pages;
};

static void dunlin_put_user(struct dunlin *dunlin)
{
	unsigned int i;

	for (i = 0; i < dunlin->count; i++)
		put_page(dunlin->pages[i]); /* release: dunlin */
}

void dunlin_free(struct dunlin *dunlin)
{
	if (dunlin->kind == DUNLIN_USER)
		dunlin_put_user(dunlin);
	else
		dunlin_put_user(dunlin);
	kfree(dunlin->pages);
	kfree(dunlin);
}

static int dunlin_get_user(struct dunlin *dunlin, unsigned long start)
{
	int got = get_user_pages_fast(start, dunlin->count, FOLL_WRITE | FOLL_LONGTERM, dunlin->pages); /* acquire: dunlin */

	if (got != dunlin->count) {
		while (got > 0)
			put_page(dunlin->pages[--got]); /* release: dunlin */
		return -EFAULT;
	}
	memset(page_address(dunlin->pages[0]), 0, PAGE_SIZE);
	return 0;
}

static int dunlin_get_kernel(struct dunlin *dunlin, char *kernel)
{
	unsigned int i;

	for (i = 0; i < dunlin->count; i++) {
		dunlin->pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
		get_page(dunlin->pages[i]);
	}
	return 0;
}

struct dunlin *dunlin_new(enum dunlin_kind kind, unsigned long start, unsigned int count)
{
	struct dunlin *dunlin = kzalloc(sizeof(*dunlin), GFP_KERNEL);
	int error;

	if (!dunlin)
		return NULL;
	dunlin->kind = kind;
	dunlin->count = count;
	dunlin->pages = kcalloc(count, sizeof(*dunlin->pages), GFP_KERNEL);
	if (!dunlin->pages) {
		kfree(dunlin);
		return NULL;
	}
	if (kind == DUNLIN_USER)
		error = dunlin_get_user(dunlin, start);
	else
		error = dunlin_get_kernel(dunlin, (char *)start);
	if (error) {
		kfree(dunlin->pages);
		kfree(dunlin);
		return NULL;
	}
	return dunlin;
}
