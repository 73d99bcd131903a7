// SPDX-License-Identifier: GPL-2.0-only
/* Shape 3, CASE 5: the array is a member of a struct on the stack; dirty in one direction. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

#define SLATE_MAX_PAGES 16

struct slate_copy {
	struct page *pages[SLATE_MAX_PAGES];
	unsigned int page_offset;
	int nr_pages;
	bool to_user;
};

ssize_t slate_copy_block(char *block, unsigned long start, unsigned int size, bool to_user);

static unsigned int slate_copy_pages(struct slate_copy *copy, char *block, unsigned int size)
{
	unsigned int done = 0;
	int i;

	for (i = 0; i < copy->nr_pages && done < size; i++) {
		unsigned int bytes = min_t(unsigned int, PAGE_SIZE - copy->page_offset,
					   size - done);
		char *kaddr = kmap_local_page(copy->pages[i]);

		if (copy->to_user)
			memcpy(kaddr + copy->page_offset, block + done, bytes);
		else
			memcpy(block + done, kaddr + copy->page_offset, bytes);
		kunmap_local(kaddr);

		copy->page_offset = 0;
		done += bytes;
	}
	return done;
}

ssize_t slate_copy_block(char *block, unsigned long start, unsigned int size, bool to_user)
{
	struct slate_copy copy = {
		.page_offset = offset_in_page(start),
		.to_user = to_user,
	};
	unsigned int done = 0;

	while (done < size) {
		unsigned int left = size - done + copy.page_offset;
		unsigned int wanted = min_t(unsigned int, DIV_ROUND_UP(left, PAGE_SIZE),
					    SLATE_MAX_PAGES);
		int i;

		copy.nr_pages = get_user_pages_fast(start + done, wanted,
						    to_user ? FOLL_WRITE : 0, copy.pages);
		if (copy.nr_pages <= 0)
			return done ? done : copy.nr_pages;
		done += slate_copy_pages(&copy, block + done, size - done);
		for (i = 0; i < copy.nr_pages; i++) {
			if (to_user)
				set_page_dirty(copy.pages[i]);
			put_page(copy.pages[i]);
		}
	}
	return done;
}
EXPORT_SYMBOL_GPL(slate_copy_block);

MODULE_LICENSE("GPL");
