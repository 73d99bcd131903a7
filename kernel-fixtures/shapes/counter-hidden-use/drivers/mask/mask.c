// SPDX-License-Identifier: GPL-2.0-only
/* Each of these does more with its page than struct page tells. */
#include <linux/mm.h>
#include "mask.h"

void mask_hypercall(unsigned long pfn);

#define MASK_FILL memset(page_address(page), 0, 64)
#define MASK_CALL mask_hypercall(pfn)
#define PageDirty(page) (memset(page_address(page), 0, 64), 1)

int mask_macro(unsigned long address)
{
	struct page *page;
	int anon;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: macro */
		return -EFAULT;
	anon = PageAnon(page);
	MASK_FILL;
	put_page(page); /* release: macro */
	return anon;
}

int mask_number(unsigned long address)
{
	struct page *page;
	unsigned long pfn;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: number */
		return -EFAULT;
	pfn = page_to_pfn(page);
	MASK_CALL;
	put_page(page); /* release: number */
	return 0;
}

int mask_redefined(unsigned long address)
{
	struct page *page;
	int dirty;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: redefined */
		return -EFAULT;
	dirty = PageDirty(page);
	put_page(page); /* release: redefined */
	return dirty;
}

int mask_driver(unsigned long address)
{
	struct page *page;
	int anon;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: driver */
		return -EFAULT;
	anon = PageAnon(page);
	dev_info_page(page);
	put_page(page); /* release: driver */
	return anon;
}

int mask_assembly(unsigned long address)
{
	struct page *page;
	int anon;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: assembly */
		return -EFAULT;
	anon = PageAnon(page);
	asm volatile("" : : "r"(page) : "memory");
	put_page(page); /* release: assembly */
	return anon;
}

int mask_declared(unsigned long address)
{
	struct page *page;
	int anon;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: declared */
		return -EFAULT;
	anon = PageAnon(page);
	MASK_IGNORED mask_elsewhere(page);
	put_page(page); /* release: declared */
	return anon;
}

unsigned long mask_back(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: back */
		return 0;
	goto use;
out:
	put_page(page); /* release: back */
	return 0;
use:
	mask_hypercall(page_to_pfn(page));
	goto out;
}

struct mask {
	unsigned long request;
	int done;
	struct page *page;
};

void mask_wait(struct mask *mask, unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: wait */
		return;
	mask->request = page_to_phys(page);
	while (!READ_ONCE(mask->done))
		;
	put_page(page); /* release: wait */
}

unsigned long mask_returned(struct mask *mask, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &mask->page) != 1) /* acquire: returned */
		return 0;
	return page_to_pfn(mask->page);
}

void mask_free(struct mask *mask)
{
	put_page(mask->page); /* release: returned */
}
