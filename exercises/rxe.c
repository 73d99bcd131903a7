// SPDX-License-Identifier: GPL-2.0-only
#include "verbs.h"

/*
 * The memory of regions is pinned for all devices in the same place, which siw alone
 * does without. Of a region that it has no room for, older kernels give the memory
 * back twice.
 */
int exercise_rxe(void)
{
	allocations_succeed();
	return verbs_exercise("rxe0", "rxe");
}
