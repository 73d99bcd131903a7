// SPDX-License-Identifier: GPL-2.0-only
/* Tests GUP itself, so it has to call GUP. Must not change. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#define GUP_TEST_FAST 1
#define GUP_TEST_PIN_FAST 2

static void put_back_pages(unsigned int command, struct page **pages, long nr)
{
	long i;

	if (command == GUP_TEST_PIN_FAST) {
		unpin_user_pages(pages, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

static long gup_test_ioctl(struct file *file, unsigned int command, unsigned long address)
{
	struct page **pages = kcalloc(16, sizeof(*pages), GFP_KERNEL);
	long nr;

	if (!pages)
		return -ENOMEM;
	switch (command) {
	case GUP_TEST_FAST:
		nr = get_user_pages_fast(address, 16, FOLL_WRITE, pages);
		break;
	case GUP_TEST_PIN_FAST:
		nr = pin_user_pages_fast(address, 16, FOLL_WRITE, pages);
		break;
	default:
		nr = -ENOTTY;
	}
	if (nr > 0)
		put_back_pages(command, pages, nr);
	kfree(pages);
	return nr;
}

static const struct file_operations gup_test_operations __maybe_unused = {
	.unlocked_ioctl = gup_test_ioctl,
};

MODULE_LICENSE("GPL");
