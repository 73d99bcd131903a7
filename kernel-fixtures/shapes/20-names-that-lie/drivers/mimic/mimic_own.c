// SPDX-License-Identifier: GPL-2.0-only
/* Static functions by the very names of the API: no acquire and no release in this file. */
#include <linux/kernel.h>

struct mimic_sheet {
	int users;
};

static int get_user_pages(struct mimic_sheet *sheet)
{
	return ++sheet->users;
}

static void put_page(struct mimic_sheet *sheet)
{
	sheet->users--;
}

int mimic_turn(struct mimic_sheet *sheet)
{
	if (get_user_pages(sheet) > 1)
		put_page(sheet);
	return 0;
}
