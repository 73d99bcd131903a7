// SPDX-License-Identifier: GPL-2.0-only
/* User pages by GUP; kernel pages by virt_to_page() and get_page(). */
#include "vestry.h"

static void vestry_kernel_pages(unsigned long start, int nr, struct page **pages)
{
	int n;

	for (n = 0; n < nr; n++) {
		pages[n] = virt_to_page((void *)(start + n * PAGE_SIZE));
		get_page(pages[n]);
	}
}

int vestry_register(struct vestry_shm *shm, unsigned long start)
{
	if (shm->flags & VESTRY_USER) {
		if (get_user_pages_fast(start, shm->nr, FOLL_WRITE, shm->pages) != shm->nr) /* acquire: shm */
			return -EFAULT;
	} else {
		vestry_kernel_pages(start, shm->nr, shm->pages);
	}
	shm->kaddr = page_address(shm->pages[0]);
	memset(shm->kaddr, 0, PAGE_SIZE);
	return 0;
}
