// SPDX-License-Identifier: GPL-2.0-only
#include "verbs.h"

/*
 * A region that siw has pinned, and then has no memory to note, keeps its pages for
 * good: siw_reg_user_mr() only lets go of them while there is no siw_mr.
 */
int exercise_siw(void)
{
	allocations_succeed();
	return verbs_exercise("siw0", "siw");
}
