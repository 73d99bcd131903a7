// SPDX-License-Identifier: GPL-2.0-only
/* The notifier of the same object, in a file of its own. */
#include "lagoon.h"

static bool lagoon_invalidate(struct mmu_interval_notifier *notifier, unsigned long seq)
{
	struct lagoon_object *object = container_of(notifier, struct lagoon_object, notifier);

	return object->nr > 0;
}

static const struct mmu_interval_notifier_ops lagoon_ops = {
	.invalidate = lagoon_invalidate,
};

int lagoon_register(struct lagoon_object *object, unsigned long start)
{
	return mmu_interval_notifier_insert(&object->notifier, current->mm, start,
					    object->nr * PAGE_SIZE, &lagoon_ops);
}
