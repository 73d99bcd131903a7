# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a driver returns to the kernel through a table by which they are only lent."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action, PinGroup, UseKind
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HEADER = """#include <linux/mm.h>
struct drm_gem_object_funcs {
	void (*free)(struct gem *gem);
	struct sg_table *(*get_sg_table)(struct gem *gem);
	struct sg_table *(*take_sg_table)(struct gem *gem);
};
"""
DRIVER = """#include <drm/drm_gem.h>
struct gem { struct device *dev; struct page **pages; int nr; };
static struct sg_table *gem_table(struct gem *gem)
{
	return drm_prime_pages_to_sg(gem->dev, gem->pages, gem->nr);
}

int gem_take(struct gem *gem, unsigned long addr, int nr)
{
	int got = get_user_pages_fast(addr, nr, FOLL_WRITE, gem->pages);

	if (got != nr) {
		while (got > 0)
			put_page(gem->pages[--got]);
		return -EFAULT;
	}
	gem->nr = nr;
	return 0;
}

void gem_drop(struct gem *gem)
{
	int i;

	for (i = 0; i < gem->nr; i++)
		put_page(gem->pages[i]);
}

static const struct drm_gem_object_funcs gem_funcs = {
	.free = gem_drop, .get_sg_table = gem_table,
};
"""


def group_of(text: str) -> PinGroup:
    files = {"include/drm/drm_gem.h": HEADER, "drivers/demo/demo.c": text}
    (group,) = pairing_of(files).groups
    return group


def test_what_an_exporter_returns_is_only_lent() -> None:
    group = group_of(DRIVER)
    assert verdict(group, True).action is Action.PIN
    assert UseKind.DMA in {use.kind for use in group.uses}


COUNTER = {
    "another member": (".get_sg_table = ", ".take_sg_table = "),
    "two members": (
        ".get_sg_table = gem_table,",
        ".get_sg_table = gem_table, .take_sg_table = gem_table,",
    ),
    "its address": ("int gem_take(", "void *gem_out = gem_table;\n\nint gem_take("),
    "the driver's own table": (
        "#include <drm/drm_gem.h>\n",
        "#include <linux/mm.h>\nstruct drm_gem_object_funcs {\n\tvoid (*free)(struct gem *gem);\n"
        "\tstruct sg_table *(*get_sg_table)(struct gem *gem);\n};\n",
    ),
}


@pytest.mark.parametrize("which", COUNTER)
def test_what_others_may_keep(which: str) -> None:
    old, new = COUNTER[which]
    assert DRIVER.count(old) == 1
    group = group_of(DRIVER.replace(old, new))
    unknown = {GapKind.RETURNED_TO_UNKNOWN, GapKind.FUNCTION_NAMED}
    assert {gap.kind for gap in group.gaps} & unknown


def test_a_call_by_the_driver_is_followed() -> None:
    more = """
void gem_release(struct gem *gem)
{
	struct sg_table *table = gem_table(gem);
	struct scatterlist *sg;
	int i;

	for_each_sg(table->sgl, sg, table->nents, i)
		put_page(sg_page(sg));
}
"""
    group = group_of(DRIVER.replace("static const", more + "\nstatic const"))
    assert "gem_release" in {release.function for release in group.releases}
