// SPDX-License-Identifier: GPL-2.0-only
/* The object says by one of an enum whose its pages are. */
#include <linux/device.h>

enum kestrel_kind {
	KESTREL_NONE,
	KESTREL_KERNEL,
	KESTREL_USER,
};

struct kestrel {
	unsigned int count;
	enum kestrel_kind kind;
	struct page **pages;
};

void kestrel_free(struct kestrel *kestrel)
{
	unsigned int i;

	if (kestrel->kind == KESTREL_USER)
		for (i = 0; i < kestrel->count; i++)
			put_page(kestrel->pages[i]); /* release: kestrel */
	kfree(kestrel->pages);
	kfree(kestrel);
}

struct kestrel *kestrel_new(char *kernel, unsigned long start, unsigned int count)
{
	struct kestrel *kestrel = kzalloc(sizeof(*kestrel), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!kestrel || !pages)
		goto free;
	kestrel->kind = KESTREL_NONE;
	kestrel->pages = pages;
	if (kernel) {
		kestrel->kind = KESTREL_KERNEL;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: kestrel */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: kestrel */
			goto free;
		}
		kestrel->kind = KESTREL_USER;
	}
	kestrel->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return kestrel;
free:
	kfree(pages);
	kfree(kestrel);
	return NULL;
}
