/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MVM_H
#define _LINUX_MVM_H

struct mm_struct;

struct mvm {
	struct mm_struct *mm;
};

int mvm_route_interrupt(struct mvm *mvm, unsigned long indicator, unsigned int bit);
int mvm_route_summary(struct mvm *mvm, unsigned long summary);
void mvm_async_fault(struct mvm *mvm, unsigned long address);

#endif /* _LINUX_MVM_H */
