// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int frame_of(struct vm_area_struct *vma, unsigned long addr, int write, unsigned long *pfn)
{
	struct page *page;

	*pfn = 0;

	if (get_user_pages(addr, 1, write ? FOLL_WRITE : 0, &page, NULL) <= 0)
		return -EFAULT;	/* not mapped */
	*pfn = page_to_pfn(page);
	put_page(page);
	return 0;
}

static int node_of(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	int ret;

	/* one page only */
	ret = get_user_pages(addr & PAGE_MASK, 1, FOLL_WRITE, &page, NULL);
	if (ret == 1) {
		ret = page_to_nid(page);
		put_page(page);
	}
	return ret;
}

static int other_tests(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;

	if (get_user_pages(addr, 1, 0, &page, NULL) != 1) {
		return -EFAULT;
	} else {
		put_page(page);
	}
	if (get_user_pages(addr, 1, FOLL_GET | FOLL_WRITE, &page, NULL) < 1)
		goto out;
	put_page(page);
out:
	return get_user_pages_remote(vma->vm_mm, addr, 1, 0, &page, NULL, NULL); /* stays */
}

static long remote(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;
	long ret;

	ret = get_user_pages_remote(vma->vm_mm, addr, 1, FOLL_GET,
				    &page, NULL, NULL);
	if (ret > 0)
		put_page(page);
	return ret;
}
