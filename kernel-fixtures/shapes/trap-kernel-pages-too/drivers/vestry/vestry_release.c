// SPDX-License-Identifier: GPL-2.0-only
/* One release for both kinds: nobody can tell which is whose. */
#include "vestry.h"

void vestry_release(struct vestry_shm *shm)
{
	int n;

	for (n = 0; n < shm->nr; n++)
		put_page(shm->pages[n]); /* release: shm */
}
