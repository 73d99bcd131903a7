// SPDX-License-Identifier: GPL-2.0-only
/* Only the vma is asked for: no page is held. */
#include <linux/mm.h>

int surveyor_measure(unsigned long address, unsigned long *end)
{
	struct vm_area_struct *vma;

	if (get_user_pages(address, 1, FOLL_WRITE, NULL, &vma) != 1) /* acquire: measure */
		return -EFAULT;
	*end = vma->vm_end;
	return 0;
}
