// SPDX-License-Identifier: GPL-2.0-only
/* Two callers of the helper. */
#include "butler.h"

int butler_serve(unsigned long start, const void *food)
{
	struct page *tray[2];

	if (butler_fetch(start, 2, tray) != 2) /* acquire: private */
		return -EFAULT;
	memcpy(page_address(tray[0]), food, PAGE_SIZE);
	butler_return(tray, 2);
	return 0;
}

int butler_clear(unsigned long start)
{
	struct page *tray[1];

	if (butler_fetch(start, 1, tray) != 1) /* acquire: private */
		return -EFAULT;
	memset(page_address(tray[0]), 0, PAGE_SIZE);
	put_page(tray[0]); /* release: private */
	return 0;
}
