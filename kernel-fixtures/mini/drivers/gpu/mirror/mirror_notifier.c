// SPDX-License-Identifier: GPL-2.0-only
/* The MMU notifier behind mirror_svm.c: an unmapped range is given up at once. */
#include <linux/module.h>

#include "mirror.h"

static bool mirror_invalidate(struct mmu_interval_notifier *notifier,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	struct mirror_range *mirror = container_of(notifier, struct mirror_range, notifier);

	notifier->invalidate_seq = seq;
	mirror_forget(mirror);
	return true;
}

static const struct mmu_interval_notifier_ops mirror_ops = {
	.invalidate = mirror_invalidate,
};

int mirror_watch(struct mirror_range *range, struct mm_struct *mm)
{
	return mmu_interval_notifier_insert(&range->notifier, mm, range->start,
					    range->nr_pages, &mirror_ops);
}
EXPORT_SYMBOL_GPL(mirror_watch);

void mirror_unwatch(struct mirror_range *range)
{
	mmu_interval_notifier_remove(&range->notifier);
}
EXPORT_SYMBOL_GPL(mirror_unwatch);
