// SPDX-License-Identifier: GPL-2.0-only
/* The same, but a way leads around the store: then the address is what the user gave. */
#include <linux/lamp.h>

struct lamp {
	int id;
	struct glow glow;
};

static int lamp_light(struct lamp *lamp, struct glow *glow)
{
	struct page *page;

	if (lamp->id < 0)
		goto keep;
	if (get_user_pages_fast(glow->spark.wick, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1) /* acquire: dimmed */
		return -EFAULT;
	glow->spark.wick = page_to_phys(page);
keep:
	lamp->glow.spark.wick = glow->spark.wick;
	return 0;
}

int lamp_ask(struct lamp *lamp, unsigned long wick)
{
	struct glow glow = { .mode = 1 };

	glow.spark.wick = wick;
	return lamp_light(lamp, &glow);
}

void lamp_out(struct lamp *lamp)
{
	struct page *page = pfn_to_page(lamp->glow.spark.wick >> PAGE_SHIFT);

	lamp->glow.spark.wick = 0;
	put_page(page); /* release: dimmed */
}
