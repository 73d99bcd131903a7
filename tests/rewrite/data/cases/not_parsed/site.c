// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static void one(unsigned long addr, struct page **p, int kind)
{
	switch (kind) {
	case KIND_FIRST...KIND_LAST:
		get_user_pages_fast(addr, 1, FOLL_WRITE, p);
		put_page(*p);
		break;
	}
}
