// SPDX-License-Identifier: GPL-2.0-only
/* One more release than a reader sees: with it missed, half of a group would be converted. */
#include <linux/mm.h>

#define TRAPDOOR_DROP() put_page(page)
#define TRAPDOOR_PAGE plate

struct trapdoor {
	struct page *plate;
	struct page *hinge;
	struct page *bolt;
	struct page *latch;
};

struct trapdoor_view {
	struct page *first, *second, *third, *fourth;
};

int trapdoor_macro(unsigned long address, int early)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: macro */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
	if (early) {
		TRAPDOOR_DROP();
		return 1;
	}
	put_page(page); /* release: macro */
	return 0;
}

int trapdoor_never(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: never */
		return -EFAULT;
	memset(kmap(page), 0, 64);
	kunmap(page);
#if 0
	put_page(page); /* unparsed */
#endif
	return 0;
}

int trapdoor_member(struct trapdoor *door, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &door->plate) != 1) /* acquire: member */
		return -EFAULT;
	memset(kmap(door->plate), 0, 64);
	kunmap(door->plate);
	if (!door->hinge) {
		put_page(door->plate); /* release: member */
		return -EINVAL;
	}
	return 0;
}

void trapdoor_member_free(struct trapdoor *door)
{
	put_page(door->TRAPDOOR_PAGE);
}

int trapdoor_place(struct trapdoor *door, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &door->hinge) != 1) /* acquire: place */
		return -EFAULT;
	memset(kmap(door->hinge), 0, 64);
	kunmap(door->hinge);
	if (!door->plate) {
		put_page(door->hinge); /* release: place */
		return -EINVAL;
	}
	return 0;
}

void trapdoor_place_free(struct trapdoor *door)
{
	put_page(*(struct page **)((char *)door + __builtin_offsetof(struct trapdoor, hinge)));
}

int trapdoor_assembly(struct trapdoor *door, unsigned long address)
{
	if (get_user_pages_fast(address, 1, FOLL_WRITE, &door->latch) != 1) /* acquire: assembly */
		return -EFAULT;
	memset(kmap(door->latch), 0, 64);
	kunmap(door->latch);
	if (!door->hinge) {
		put_page(door->latch); /* release: assembly */
		return -EINVAL;
	}
	return 0;
}

void trapdoor_assembly_free(struct trapdoor *door)
{
	asm volatile("call put_page" : : "D"(door->latch) : "memory");
}
