// SPDX-License-Identifier: GPL-2.0-only
/* Two definitions of the release, one of them empty; and an acquire with its own #else. */
#include <linux/mm.h>

struct fork_tine {
	struct page *page;
};

#ifdef CONFIG_FORK_DIRTY
static void fork_put(struct fork_tine *tine)
{
	set_page_dirty_lock(tine->page);
	put_page(tine->page); /* release: tine */
}
#else
static void fork_put(struct fork_tine *tine)
{
	put_page(tine->page); /* release: tine */
	tine->page = NULL;
}
#endif

int fork_stick(struct fork_tine *tine, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &tine->page) != 1) /* acquire: tine */
		return -EFAULT;
	memset(page_address(tine->page), 0, PAGE_SIZE);
	fork_put(tine);
	return 0;
}

#ifdef CONFIG_MMU
static struct page *fork_get(unsigned long address)
{
	struct page *page;

	if (get_user_pages(address, 1, FOLL_WRITE, &page, NULL) <= 0) /* acquire: mmu */
		return NULL;
	return page;
}

static void fork_drop(struct page *page)
{
	put_page(page); /* release: mmu */
}
#else
static struct page *fork_get(unsigned long address)
{
	return alloc_page(GFP_KERNEL);
}

static void fork_drop(struct page *page)
{
	__free_page(page);
}
#endif

int fork_write(unsigned long address)
{
	struct page *page = fork_get(address);

	if (!page)
		return -ENOMEM;
	memset(page_address(page), 0, PAGE_SIZE);
	fork_drop(page);
	return 0;
}
