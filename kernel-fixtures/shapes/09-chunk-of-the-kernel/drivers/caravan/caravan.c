// SPDX-License-Identifier: GPL-2.0-only
/* Chunk by chunk into one array, the last of them from the allocator. */
#include <linux/mm.h>

struct caravan {
	struct page *wagons[64];
};

int caravan_load(struct caravan *caravan, unsigned long start, const void *data)
{
	int nr = 0, got;

	while (nr < 48) {
		got = get_user_pages_fast(start + nr * PAGE_SIZE, 16, FOLL_WRITE, /* acquire: wagons */
					  caravan->wagons + nr);
		if (got != 16)
			return -EFAULT;
		nr += got;
	}
	memcpy(page_address(caravan->wagons[0]), data, PAGE_SIZE);
	return alloc_pages_bulk_array(GFP_KERNEL, 16, caravan->wagons + nr);
}

void caravan_unload(struct caravan *caravan)
{
	int i;

	for (i = 0; i < 64; i++)
		put_page(caravan->wagons[i]); /* release: wagons */
}
