// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

struct page *trapdoor_shared;

int trapdoor_share(unsigned long address, int early)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &trapdoor_shared) != 1) /* acquire: shared */
		return -EFAULT;
	memset(kmap(trapdoor_shared), 0, 64);
	kunmap(trapdoor_shared);
	if (early)
		put_page(trapdoor_shared); /* release: shared */
	return early;
}
