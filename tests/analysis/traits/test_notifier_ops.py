# SPDX-License-Identifier: GPL-2.0-only
"""An MMU notifier that only hears of the end of an address space is none for pages that move."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

DRIVER = """
#include <linux/mmu_notifier.h>

struct demo {
	struct page *page;
	struct mmu_notifier notifier;
	struct demo_ops *own;
};

int demo_start(struct demo *demo, unsigned long start)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &demo->page) != 1)
		return -EFAULT;
	memset(page_address(demo->page), 0, PAGE_SIZE);
	return 0;
}

void demo_end(struct demo *demo)
{
	put_page(demo->page);
}
"""
NEAR = """
#include <linux/mmu_notifier.h>

struct watch {
	struct mmu_notifier notifier;
};

OPS

int watch_start(struct watch *watch, struct mm_struct *mm, struct mmu_notifier_ops *other)
{
	GIVEN
	return mmu_notifier_register(&watch->notifier, mm);
}
"""
OPS = "static const struct mmu_notifier_ops watch_ops = {\n\t.release = watch_release,\n};\n"
GIVEN = "watch->notifier.ops = &watch_ops;"


def rule_of(ops: str = OPS, given: str = GIVEN) -> tuple[Action, str]:
    near = NEAR.replace("OPS", ops).replace("GIVEN", given)
    (group,) = pairing_of({"drivers/demo/demo.c": DRIVER, "drivers/demo/watch.c": near}).groups
    found = verdict(group, pins_read_only=True)
    return found.action, found.rule


def test_one_that_hears_only_of_the_end_is_no_reason() -> None:
    assert rule_of() == (Action.PIN, "data_written")


def test_operations_that_are_taken_back_are_the_same() -> None:
    assert rule_of(given=GIVEN + "\n\tif (!mm)\n\t\twatch->notifier.ops = NULL;")[0] is Action.PIN


@pytest.mark.parametrize(
    ("ops", "given"),
    [
        (OPS.replace(".release", ".invalidate_range_start"), GIVEN),
        (OPS.replace("};", "\t.invalidate_range = watch_invalidate,\n};"), GIVEN),
        (OPS.replace(".release = ", ""), GIVEN),
        (OPS.replace("const ", ""), GIVEN),
        ("extern const struct mmu_notifier_ops watch_ops;\n", GIVEN),
        (OPS, "watch->notifier.ops = other;"),
        (OPS, "watch->notifier.ops = mm ? &watch_ops : other;"),
        (OPS, GIVEN + "\n\tif (mm)\n\t\twatch->notifier.ops = other;"),
        (OPS, ""),
        (OPS + OPS.replace(".release", ".invalidate_range_end"), GIVEN),
    ],
)
def test_any_other_is_one(ops: str, given: str) -> None:
    assert rule_of(ops, given) == (Action.MANUAL, "notifier_near")
