// SPDX-License-Identifier: GPL-2.0-only
/* The object says by one of an enum whose its pages are. */
#include <linux/device.h>

enum ibis_kind {
	IBIS_NONE,
	IBIS_KERNEL,
	IBIS_USER,
};

struct ibis {
	unsigned int count;
	enum ibis_kind kind;
	struct page **pages;
};

void ibis_free(struct ibis *ibis)
{
	unsigned int i;

	if (ibis->kind == IBIS_USER)
		for (i = 0; i < ibis->count; i++)
			put_page(ibis->pages[i]); /* release: ibis */
	kfree(ibis->pages);
	kfree(ibis);
}

struct ibis *ibis_new(char *kernel, unsigned long start, unsigned int count)
{
	struct ibis *ibis = kzalloc(sizeof(*ibis), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	int got;

	if (!ibis || !pages)
		goto free;
	ibis->kind = IBIS_NONE;
	ibis->pages = pages;
	if (kernel) {
		ibis->kind = IBIS_KERNEL;
		for (i = 0; i < count; i++)
			pages[i] = vmalloc_to_page(kernel + i * PAGE_SIZE);
	} else {
		got = get_user_pages_fast(start, count, FOLL_WRITE | FOLL_LONGTERM, pages); /* acquire: ibis */
		if (got != count) {
			while (got > 0)
				put_page(pages[--got]); /* release: ibis */
			goto free;
		}
		ibis->kind = IBIS_USER;
	}
	ibis->count = count;
	memset(page_address(pages[0]), 0, PAGE_SIZE);
	set_page_dirty(pages[0]);
	return ibis;
free:
	kfree(pages);
	kfree(ibis);
	return NULL;
}
