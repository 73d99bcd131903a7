// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include "satchel.h"

int satchel_open(unsigned long start)
{
	return satchel_take(start, NULL); /* acquire: spare */
}
