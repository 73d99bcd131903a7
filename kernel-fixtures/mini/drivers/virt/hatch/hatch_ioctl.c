// SPDX-License-Identifier: GPL-2.0-only
/* Shape 17, CASE 1: the array may have holes, and the loop that puts asks for them. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

struct hatch_copy {
	unsigned long address;
	unsigned int nr_pages;
	bool write;
};

int hatch_hypercall(const phys_addr_t *list, unsigned int entries);

static long hatch_memcpy(struct hatch_copy *copy)
{
	struct page **pages = NULL;
	phys_addr_t *list = NULL;
	unsigned int i;
	long ret;
	int got;

	pages = kcalloc(copy->nr_pages, sizeof(struct page *), GFP_KERNEL);
	list = kcalloc(copy->nr_pages, sizeof(*list), GFP_KERNEL);
	if (!pages || !list) {
		ret = -ENOMEM;
		goto exit;
	}

	got = get_user_pages_fast(copy->address, copy->nr_pages,
				  copy->write ? FOLL_WRITE : 0, pages);
	if (got != copy->nr_pages) {
		ret = got < 0 ? got : -EFAULT;
		goto exit;
	}

	for (i = 0; i < copy->nr_pages; i++)
		list[i] = page_to_phys(pages[i]);
	ret = hatch_hypercall(list, copy->nr_pages);

exit:
	if (pages) {
		for (i = 0; i < copy->nr_pages; i++)
			if (pages[i])
				put_page(pages[i]);
	}
	kfree(list);
	kfree(pages);
	return ret;
}

static long hatch_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct hatch_copy copy = {
		.address = argument & PAGE_MASK,
		.nr_pages = 1,
		.write = command & 1,
	};

	return hatch_memcpy(&copy);
}

static const struct file_operations hatch_operations __maybe_unused = {
	.unlocked_ioctl = hatch_ioctl,
};

MODULE_LICENSE("GPL");
