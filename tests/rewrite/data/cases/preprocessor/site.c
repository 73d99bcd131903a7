// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

#ifdef CONFIG_MMU
static void drop(struct page *page)
{
	put_page(page);
}
#else
static void drop(struct page *page)
{
#if defined(CONFIG_SLOW) && \
	!defined(CONFIG_FAST)
	wait_for(page);
#endif
	put_page(page);
}
#endif

#define COUNT(x) \
	((x) ? \
	 1 : 0)

int get(unsigned long addr, struct page **p)
{
#ifdef CONFIG_MMU
	return get_user_pages_fast(addr, COUNT(addr), FOLL_WRITE, p);
#else
	return -ENOSYS;
#endif
}
