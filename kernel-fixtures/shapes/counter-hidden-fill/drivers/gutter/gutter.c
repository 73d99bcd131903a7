// SPDX-License-Identifier: GPL-2.0-only
/* Pages of the kernel among those of the user, under other names. */
#include <linux/mm.h>

struct drain {
	struct page *leaf;
	int depth;
};

int drain_open(struct drain *drain, unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: placed */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	drain->leaf = page;
	return 0;
}

void drain_close(struct drain *drain)
{
	put_page(drain->leaf); /* release: placed */
}

void drain_flush(void)
{
	struct drain drain = { alloc_page(0), 1 };

	drain_close(&drain);
}

struct of_rain {
	struct page *drop;
};

struct of_roof {
	int slope;
	struct page *tile;
};

struct gutter {
	union {
		struct of_rain rain;
		struct of_roof roof;
	} from;
};

int rain_start(struct of_rain *rain, unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: beside */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	rain->drop = page;
	return 0;
}

void roof_start(struct gutter *gutter)
{
	gutter->from.roof.tile = alloc_page(0);
}

void rain_stop(struct of_rain *rain)
{
	put_page(rain->drop); /* release: beside */
}

static struct page *barrels[4];
static struct page **first_barrel = barrels;

int barrel_fill(unsigned long address, int n)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: begins */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	barrels[n] = page;
	return 0;
}

void barrel_keep(void)
{
	first_barrel[0] = alloc_page(0);
}

void barrel_empty(int n)
{
	put_page(barrels[n]); /* release: begins */
}
