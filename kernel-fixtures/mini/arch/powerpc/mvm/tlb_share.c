// SPDX-License-Identifier: GPL-2.0-only
/* Shapes 1 and 3, CASE 5: mapped and written for long; an error label and a function release. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "tlb_share.h"

static void free_shared_tlb(struct mvm_vcpu *vcpu)
{
	int i;

	if (!vcpu->shared_tlb_pages)
		return;
	vunmap((void *)((unsigned long)vcpu->shared_tlb & PAGE_MASK));

	for (i = 0; i < vcpu->nr_shared_tlb_pages; i++) {
		set_page_dirty_lock(vcpu->shared_tlb_pages[i]);
		put_page(vcpu->shared_tlb_pages[i]);
	}
	kfree(vcpu->shared_tlb_pages);
	vcpu->shared_tlb_pages = NULL;
	vcpu->shared_tlb = NULL;
}

int mvm_tlb_configure(struct mvm_vcpu *vcpu, unsigned long array, unsigned int entries)
{
	unsigned long size = offset_in_page(array) + entries * sizeof(struct tlb_entry);
	int nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);
	struct page **pages;
	void *virt;
	int ret, i;

	pages = kmalloc_array(nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	ret = get_user_pages_fast(array, nr_pages, FOLL_WRITE, pages);
	if (ret < 0)
		goto free_pages;

	if (ret != nr_pages) {
		nr_pages = ret;
		ret = -EFAULT;
		goto put_pages;
	}

	virt = vmap(pages, nr_pages, VM_MAP, 0);
	if (!virt) {
		ret = -ENOMEM;
		goto put_pages;
	}

	free_shared_tlb(vcpu);
	vcpu->shared_tlb_pages = pages;
	vcpu->nr_shared_tlb_pages = nr_pages;
	vcpu->shared_tlb = virt + offset_in_page(array);
	return 0;

put_pages:
	for (i = 0; i < nr_pages; i++)
		put_page(pages[i]);
free_pages:
	kfree(pages);
	return ret;
}
EXPORT_SYMBOL_GPL(mvm_tlb_configure);

void mvm_tlb_invalidate(struct mvm_vcpu *vcpu, unsigned int entry)
{
	vcpu->shared_tlb[entry].tag = 0;
}
EXPORT_SYMBOL_GPL(mvm_tlb_invalidate);

void mvm_tlb_destroy(struct mvm_vcpu *vcpu)
{
	free_shared_tlb(vcpu);
}
EXPORT_SYMBOL_GPL(mvm_tlb_destroy);

MODULE_LICENSE("GPL");
