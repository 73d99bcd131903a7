/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TLB_SHARE_H
#define _TLB_SHARE_H

struct page;

struct tlb_entry {
	unsigned long tag;
	unsigned long frame;
};

struct mvm_vcpu {
	struct tlb_entry *shared_tlb;
	struct page **shared_tlb_pages;
	int nr_shared_tlb_pages;
};

int mvm_tlb_configure(struct mvm_vcpu *vcpu, unsigned long array, unsigned int entries);
void mvm_tlb_invalidate(struct mvm_vcpu *vcpu, unsigned int entry);
void mvm_tlb_destroy(struct mvm_vcpu *vcpu);

#endif /* _TLB_SHARE_H */
