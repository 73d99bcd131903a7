// SPDX-License-Identifier: GPL-2.0-only
/* The page is found again by an address in a part of the object that others have, too. */
#include <linux/device.h>
#include <linux/lantern.h>

struct lantern {
	int id;
	struct flame flame;
	void __iomem *regs;
};

static int lantern_light(struct lantern *lantern, struct flame *flame)
{
	struct page *page;
	phys_addr_t at;

	if (lantern->flame.beam.wick)
		return -EINVAL;
	if (get_user_pages_fast(flame->beam.wick, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) /* acquire: lit */
		return -EFAULT;
	at = page_to_phys(page) + (flame->beam.wick & ~PAGE_MASK);
	flame->beam.wick = at;
	writeq(at, lantern->regs);
	if (lantern->id < 0) {
		put_page(page); /* release: lit */
		return -EINVAL;
	}
	lantern->flame.beam.wick = flame->beam.wick;
	return 0;
}

int lantern_ask(struct lantern *lantern, unsigned long wick)
{
	struct flame flame = { .mode = 1 };

	flame.beam.wick = wick;
	return lantern_light(lantern, &flame);
}

int lantern_reset(struct lantern *lantern)
{
	struct flame flame = { .mode = 0 };

	flame.beam.wick = (u64)lantern;
	return lantern_tell(&flame);
}

void lantern_out(struct lantern *lantern)
{
	struct page *page = pfn_to_page(lantern->flame.beam.wick >> PAGE_SHIFT);

	lantern->flame.beam.wick = 0;
	put_page(page); /* release: lit */
}
