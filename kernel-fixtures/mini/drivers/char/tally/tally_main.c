// SPDX-License-Identifier: GPL-2.0-only
/* Shape 6, CASE 5: one page, got, written through kmap and put in one function. */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

struct tally {
	u64 count;
	struct page *status_page;
};

/* Adds to a counter in user memory without sleeping in copy_to_user(). */
static int tally_store(struct tally *tally, unsigned long address)
{
	struct page *page;
	void *kaddr;
	int ret;

	ret = get_user_pages_fast(address & PAGE_MASK, 1, FOLL_WRITE, &page);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;

	/* Somebody else's page: its reference is no pin and stays what it is. */
	get_page(tally->status_page);

	kaddr = kmap_local_page(page);
	memcpy(kaddr + offset_in_page(address), &tally->count, sizeof(tally->count));
	kunmap_local(kaddr);
	set_page_dirty_lock(page);
	put_page(page);

	put_page(tally->status_page);
	return 0;
}

static long tally_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct tally *tally = file->private_data;

	if (offset_in_page(argument) + sizeof(tally->count) > PAGE_SIZE)
		return -EINVAL;
	tally->count += command;
	return tally_store(tally, argument);
}

static const struct file_operations tally_operations __maybe_unused = {
	.unlocked_ioctl = tally_ioctl,
};

MODULE_DESCRIPTION("Counts in user memory");
MODULE_LICENSE("GPL");
