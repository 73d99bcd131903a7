// SPDX-License-Identifier: GPL-2.0-only
/* Calls for other versions of the kernel: with a role for each argument they would lie. */
#include <linux/mm.h>
#include <linux/version.h>

int gangway_climb(unsigned long start)
{
	struct page *page;
	long got;

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)
	got = get_user_pages(current, current->mm, start, 1, 1, 0, &page, NULL); /* acquire: oldest */
#elif LINUX_VERSION_CODE < KERNEL_VERSION(4, 9, 0)
	got = get_user_pages(start, 1, 1, 0, &page, NULL); /* acquire: older */
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	got = get_user_pages(start, 1, FOLL_WRITE, &page, NULL); /* acquire: now */
#else
	got = get_user_pages(start, 1, FOLL_WRITE, &page); /* acquire: newer */
#endif
	if (got != 1)
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	put_page(page); /* release: now */
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)
int gangway_release(struct page **page, unsigned long start)
{
	struct page *own;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &own) != 1) /* acquire: rung */
		return -EFAULT;
	memset(kmap(own), 0, 64);
	kunmap(own);
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)
	page_cache_release(own);
#else
	put_page(own); /* release: rung */
#endif
	return 0;
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) || defined(GANGWAY_NEW)
int gangway_reach(unsigned long start)
{
	struct page *far;

	if (get_user_pages(start, 1, FOLL_WRITE, &far) != 1) /* acquire: either */
		return -EFAULT;
	memset(kmap(far), 0, 64);
	kunmap(far);
	put_page(far);
	return 0;
}
#endif

#ifdef GANGWAY_HAVE_8_ARGUMENTS
int gangway_retire(unsigned long start)
{
	struct page *away;

	if (get_user_pages(current, current->mm, start, 1, 1, 0, &away, NULL) != 1) /* acquire: many */
		return -EFAULT;
	memset(kmap(away), 0, 64);
	kunmap(away);
	page_cache_release(away);
	return 0;
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) || defined(GANGWAY_NEW)
int gangway_bundle(unsigned long start)
{
	struct page *near;

	if (get_user_pages(start, GANGWAY_ARGS, &near) != 1) /* acquire: bundle */
		return -EFAULT;
	memset(kmap(near), 0, 64);
	kunmap(near);
	put_page(near);
	return 0;
}
#endif
