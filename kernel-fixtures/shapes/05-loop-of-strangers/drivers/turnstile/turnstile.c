// SPDX-License-Identifier: GPL-2.0-only
/* A loop that folds well, over pages that anybody may have brought. */
#include <linux/mm.h>

int turnstile_enter(struct page **pages, unsigned long start, int nr)
{
	return get_user_pages_fast(start, nr, FOLL_WRITE, pages); /* acquire: strangers */
}
EXPORT_SYMBOL_GPL(turnstile_enter);

void turnstile_leave(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}
EXPORT_SYMBOL_GPL(turnstile_leave);
