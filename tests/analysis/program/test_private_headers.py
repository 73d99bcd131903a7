# SPDX-License-Identifier: GPL-2.0-only
"""Structs of headers that a driver keeps in a folder beside that of its code."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import pairing_of

HEADER = "struct crate {\n\tstruct page *page;\n\tint n;\n};\nMORE\n"
OWNER = """
#include WHAT

int crate_fill(TYPE crate, unsigned long start)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &crate->page) != 1)
		return -EFAULT;
	memset(page_address(crate->page), 0, PAGE_SIZE);
	return 0;
}

void crate_empty(TYPE crate)
{
	put_page(crate->page);
}
"""
OTHER = '#include "crate.h"\n\nvoid crate_other(struct crate *crate)\n{\n\t%s\n}\n'
BESIDE = {"drivers/demo/lib/crate.h": HEADER}
OPTION = {"drivers/demo/src/Makefile": "ccflags-y := -I$(srctree)/$(src)/../lib\n"}
ABOVE = {"drivers/demo/Makefile": "subdir-ccflags-y += -I $(srctree)/drivers/demo/lib\n"}


def kinds(
    files: dict[str, str],
    what: str = '"../lib/crate.h"',
    more: str = "",
    kind: str = "struct crate *",
) -> tuple[set[GapKind], int]:
    """The gaps of the group, and how many releases it has."""
    files = {path: text.replace("MORE", more) for path, text in files.items()}
    files["drivers/demo/src/demo.c"] = OWNER.replace("WHAT", what).replace("TYPE ", kind)
    (group,) = pairing_of(files).groups
    return {gap.kind for gap in group.gaps}, len(group.releases)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (BESIDE, '"../lib/crate.h"'),
        (BESIDE | OPTION, '"crate.h"'),
        (BESIDE | OPTION, "<crate.h>"),
        (BESIDE | ABOVE, '"crate.h"'),
        # By way of a header of its own.
        (BESIDE | {"drivers/demo/src/own.h": '#include "../lib/crate.h"\n'}, '"own.h"'),
    ],
)
def test_a_header_beside_the_folder_is_found(files: dict[str, str], what: str) -> None:
    assert kinds(files, what) == (set(), 1)


def test_a_typedef_there_is_found_as_well() -> None:
    found = kinds(BESIDE | OPTION, '"crate.h"', "typedef struct crate *crate_p;", "crate_p ")
    assert found == (set(), 1)


def test_who_includes_it_from_elsewhere_is_looked_at() -> None:
    near = {"drivers/demo/lib/lib.c": OTHER % "put_page(crate->page);"}
    assert kinds(BESIDE | near) == (set(), 2)
    far = {"net/far/far.c": (OTHER % "put_page(crate->page);").replace("crate.h", FAR)}
    assert kinds(BESIDE | far) == (set(), 2)
    foreign = {"drivers/demo/lib/lib.c": OTHER % "crate->page = alloc_page(GFP_KERNEL);"}
    assert kinds(BESIDE | foreign) == ({GapKind.FROM_OTHER_CALL}, 1)


FAR = "../../drivers/demo/lib/crate.h"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, '"../lib/crate.h"'),
        (BESIDE, '"crate.h"'),
        (BESIDE | {"drivers/demo/src/Makefile": "ccflags-y := -I$(CRATES)\n"}, '"crate.h"'),
    ],
)
def test_a_header_that_is_not_found_leaves_the_type_unknown(
    files: dict[str, str], what: str
) -> None:
    assert kinds(files, what)[0] != set()
