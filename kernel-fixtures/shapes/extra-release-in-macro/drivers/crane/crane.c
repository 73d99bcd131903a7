// SPDX-License-Identifier: GPL-2.0-only
/* A macro that is given the struct releases the page in it; the error path does it by hand. */
#include <linux/mm.h>

#define CRANE_PUT(load)						\
	do {							\
		if ((load)->page)				\
			put_page((load)->page); /* release: load */ \
		(load)->page = NULL;				\
	} while (0)

struct crane_load {
	struct page *page;
};

int crane_lift(struct crane_load *load, unsigned long address, bool heavy)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &load->page) != 1) /* acquire: load */
		return -EFAULT;
	if (heavy) {
		put_page(load->page); /* release: load */
		return -EINVAL;
	}
	memset(page_address(load->page), 0, PAGE_SIZE);
	return 0;
}

void crane_lower(struct crane_load *load)
{
	CRANE_PUT(load);
}
