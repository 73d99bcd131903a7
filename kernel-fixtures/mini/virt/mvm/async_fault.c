// SPDX-License-Identifier: GPL-2.0-only
/* Shape 19: pages is NULL, the call only faults in and there is nothing to put. Must not change. */
#include <linux/mm.h>
#include <linux/module.h>

#include "mvm_arch.h"

void mvm_async_fault(struct mvm *mvm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mvm->mm);
	get_user_pages_remote(mvm->mm, address, 1, FOLL_WRITE, NULL, NULL, &locked);
	if (locked)
		mmap_read_unlock(mvm->mm);
}
EXPORT_SYMBOL_GPL(mvm_async_fault);
