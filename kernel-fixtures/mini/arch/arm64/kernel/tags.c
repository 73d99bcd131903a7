// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 6 and 15, CASE 5: only one architecture compiles it; writes tags, asks for the vma. */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <asm/tags.h>

long tags_access_remote(struct mm_struct *mm, unsigned long address, const u8 *tags,
			unsigned long count)
{
	long done = 0;

	mmap_read_lock(mm);
	while (count) {
		struct vm_area_struct *vma;
		struct page *page;
		unsigned long copied;
		long ret;

		ret = get_user_pages_remote(mm, address, 1, FOLL_FORCE | FOLL_WRITE, &page,
					    &vma, NULL);
		if (ret <= 0)
			break;
		if (!(vma->vm_flags & VM_WRITE)) {
			put_page(page);
			break;
		}

		copied = tags_copy_to_page(page_address(page), tags + done, TAG_GRANULES);
		set_page_dirty_lock(page);
		put_page(page);

		if (!copied)
			break;
		done += copied;
		count -= min(count, copied);
		address += PAGE_SIZE;
	}
	mmap_read_unlock(mm);
	return done;
}
