// SPDX-License-Identifier: GPL-2.0-only
/* A function pointer by the name of the API: no acquire. */
#include <linux/kernel.h>

typedef int (*decoy_get)(unsigned long start, int nr);

int decoy_parameter(decoy_get get_user_pages, unsigned long start)
{
	return get_user_pages(start, 1);
}

int decoy_local(decoy_get other, unsigned long start)
{
	decoy_get get_user_pages_fast = other;

	return get_user_pages_fast(start, 1);
}
