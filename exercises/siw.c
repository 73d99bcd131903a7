// SPDX-License-Identifier: GPL-2.0-only
#include "verbs.h"

int exercise_siw(void)
{
	return verbs_exercise("siw0", "siw");
}
