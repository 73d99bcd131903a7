// SPDX-License-Identifier: GPL-2.0-only
/* Each object has a notifier of its own. */
#include "cove.h"

static bool cove_always_gone(struct mmu_interval_notifier *notifier, unsigned long seq)
{
	struct cove_always *cove = container_of(notifier, struct cove_always, notifier);

	return cove->nr > 0;
}

static bool cove_sometimes_gone(struct mmu_interval_notifier *notifier, unsigned long seq)
{
	struct cove_sometimes *cove = container_of(notifier, struct cove_sometimes, notifier);

	return cove->nr > 0;
}

static bool cove_taken_gone(struct mmu_interval_notifier *notifier, unsigned long seq)
{
	struct cove_taken *cove = container_of(notifier, struct cove_taken, notifier);

	return cove->nr > 0;
}

static const struct mmu_interval_notifier_ops cove_always_ops = {
	.invalidate = cove_always_gone,
};

static const struct mmu_interval_notifier_ops cove_sometimes_ops = {
	.invalidate = cove_sometimes_gone,
};

static const struct mmu_interval_notifier_ops cove_taken_ops = {
	.invalidate = cove_taken_gone,
};

int cove_watch_always(struct cove_always *cove, unsigned long start)
{
	return mmu_interval_notifier_insert(&cove->notifier, current->mm, start,
					    cove->nr * PAGE_SIZE, &cove_always_ops);
}

int cove_watch_sometimes(struct cove_sometimes *cove, unsigned long start)
{
	return mmu_interval_notifier_insert(&cove->notifier, current->mm, start,
					    cove->nr * PAGE_SIZE, &cove_sometimes_ops);
}

int cove_watch_taken(struct cove_taken *cove, unsigned long start)
{
	return mmu_interval_notifier_insert(&cove->notifier, current->mm, start,
					    cove->nr * PAGE_SIZE, &cove_taken_ops);
}
