// SPDX-License-Identifier: GPL-2.0-only
/* Only struct page is looked at, by an address alone; then what a lookup by address cannot do. */
#include <linux/mm.h>

/* Write access first, read access when that is enough. */
int sextant_mark(unsigned long address, bool reads, int *mark)
{
	struct page *page;
	int ret;

	ret = get_user_pages_fast(address, 1, FOLL_WRITE, &page); /* acquire: mark */
	if (ret == -EFAULT && reads)
		ret = get_user_pages_fast(address, 1, 0, &page); /* acquire: mark */
	if (ret < 0)
		return ret;
	*mark = page_to_nid(page);
	put_page(page); /* release: mark */
	return 0;
}

int sextant_array(unsigned long address)
{
	struct page *pages[1];
	int node;

	if (get_user_pages_fast(address, 1, 0, pages) != 1) /* acquire: array */
		return -EFAULT;
	node = page_to_nid(pages[0]);
	put_page(pages[0]); /* release: array */
	return node;
}

/* Access rights are overridden. */
int sextant_forced(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address, 1, FOLL_FORCE, &page) != 1) /* acquire: forced */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: forced */
	return node;
}

/* Flags that the caller chooses. */
int sextant_any(unsigned long address, unsigned int flags)
{
	struct page *page;
	int node;

	if (get_user_pages_fast(address, 1, flags, &page) != 1) /* acquire: any */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: any */
	return node;
}

/* Two pages. */
int sextant_two(unsigned long address)
{
	struct page *pages[2];
	int node;

	if (get_user_pages_fast(address, 2, 0, pages) != 2) /* acquire: two */
		return -EFAULT;
	node = page_to_nid(pages[0]) + page_to_nid(pages[1]);
	put_page(pages[0]); /* release: two */
	put_page(pages[1]); /* release: two */
	return node;
}

/* In interrupt context. */
int sextant_at_once(unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_fast_only(address, 1, 0, &page) != 1) /* acquire: at_once */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: at_once */
	return node;
}

/* Of another process. */
int sextant_remote(struct mm_struct *mm, unsigned long address)
{
	struct page *page;
	int node;

	if (get_user_pages_remote(mm, address, 1, 0, &page, NULL, NULL) != 1) /* acquire: remote */
		return -EFAULT;
	node = page_to_nid(page);
	put_page(page); /* release: remote */
	return node;
}

/* The data is read: that is no lookup. */
int sextant_reads(unsigned long address)
{
	struct page *page;
	int first;

	if (get_user_pages_fast(address, 1, 0, &page) != 1) /* acquire: reads */
		return -EFAULT;
	first = *(int *)page_address(page);
	put_page(page); /* release: reads */
	return first;
}
