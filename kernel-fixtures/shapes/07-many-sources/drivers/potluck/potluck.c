// SPDX-License-Identifier: GPL-2.0-only
/* One array, fed by GUP or by the allocator, with one release for both. */
#include <linux/device.h>

struct potluck {
	struct page **dishes;
	int nr;
	void *view;
};

int potluck_open(struct potluck *meal, unsigned long start, bool own)
{
	int i;

	if (own) {
		for (i = 0; i < meal->nr; i++)
			meal->dishes[i] = alloc_page(GFP_KERNEL);
	} else if (get_user_pages_fast(start, meal->nr, FOLL_WRITE, /* acquire: both */
				       meal->dishes) != meal->nr) {
		return -EFAULT;
	}
	meal->view = vmap(meal->dishes, meal->nr, VM_MAP, PAGE_KERNEL);
	memset(meal->view, 0, PAGE_SIZE);
	return 0;
}

void potluck_close(struct potluck *meal)
{
	int i;

	vunmap(meal->view);
	for (i = 0; i < meal->nr; i++)
		put_page(meal->dishes[i]); /* release: both */
}
