// SPDX-License-Identifier: GPL-2.0-only
/* FOLL_GET is spelled out, and must not survive next to a pin. */
#include <linux/device.h>

struct customs_lot {
	struct page **boxes;
	unsigned long nr;
	struct customs_lot *next;
};

int customs_declare(struct customs_lot *lot, unsigned long start, void __iomem *regs)
{
	unsigned long i;
	long got;

	got = get_user_pages_unlocked(start, lot->nr, lot->boxes, /* acquire: lot */
				      FOLL_GET | FOLL_WRITE);
	if (got < 0)
		return got;
	for (i = 0; i < got; i++)
		writeq(page_to_phys(lot->boxes[i]), regs);
	if (got < lot->nr) {
		for (i = 0; i < got; i++)
			put_page(lot->boxes[i]); /* release: lot */
		return -EFAULT;
	}
	return 0;
}

void customs_release(struct customs_lot *lot)
{
	unsigned long i;

	for (; lot; lot = lot->next)
		for (i = 0; i < lot->nr; i++)
			put_page(lot->boxes[i]); /* release: lot */
}
