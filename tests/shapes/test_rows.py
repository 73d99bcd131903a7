# SPDX-License-Identifier: GPL-2.0-only
"""Every row of the table of shapes, and every mistake: a folder that shows what becomes of it, and
one that shows what must not change."""

from __future__ import annotations

import pytest

from migrate.rewrite.profile.profiles import load_profile
from tests.shapes.rewritten import expected
from tests.shapes.world import PROFILES, Shape, shapes

ROWS = {
    1: "released outside the acquiring function, or through a wrapper",
    2: "dirtied before release",
    3: "pages in a struct member or an array in one",
    4: "partial or negative count on the error path",
    5: "a put loop that folds",
    6: "one page, got and put in one function",
    7: "one array fed from several sources",
    8: "moved into a scatterlist, sg table or bvec",
    9: "acquired in chunks, or by several calls, into one array",
    10: "a helper API over GUP",
    11: "already follow_page() with put_page()",
    12: "released in another file",
    13: "a bool passed as write or as flags",
    14: "the page found again from a pfn or an address",
    15: "the vmas argument in use",
    16: "a local release helper",
    17: "NULL holes, or NULL in the loop condition",
    18: "release_pages()",
    19: "pages argument NULL",
    20: "names that lie",
    21: "a callee consumes the reference",
    22: "head and tail page of a compound, one variable for both",
    23: "explicit FOLL_GET",
}
NEVER = {
    11: "nothing there is an acquire of GUP",
}
"""Rows of which nothing is converted under any profile, and why."""

NEVER_PINNED = {
    19: "no page is held",
    21: "the reference belongs to the callee",
    22: "the references of head and tail cannot be told apart",
}
"""Rows of which nothing becomes a pin: what converts becomes a lookup, or a fault, for a profile
that has lookups."""

MISTAKES = {
    "one release missed in another file": "trap-missed-in-another-file",
    "one release missed in the same file": "trap-missed-in-the-same-file",
    "released twice": "trap-released-twice",
    "NULL check lost when a loop was folded": "trap-null-check-of-the-array",
    "a negative count handed to an unsigned one": "trap-negative-count",
    "kernel pages unpinned along with user pages": "trap-kernel-pages-too",
    "converted although an MMU notifier protects it": "trap-notifier-protects",
    "long-lived, without FOLL_LONGTERM": "trap-long-lived-without-longterm",
    "written to, not marked dirty": "trap-written-not-dirtied",
    "struct-page-only callers converted with the rest": "trap-only-struct-page",
}
"""A series that was mailed twice, the eleventh, is shown by tests/delivery/test_reroll.py."""


def of_row(row: int) -> list[Shape]:
    return [shape for shape in shapes() if shape.row == row]


def stays(shape: Shape, profile: str) -> bool:
    """Whether something in `shape` must not change under `profile`."""
    if not expected(shape, profile).exists():
        return True
    return any(not {"pin", "follow"} & set(group.verdicts[profile]) for group in shape.groups)


def test_the_rows_are_those_of_the_folders() -> None:
    assert {shape.row for shape in shapes()} == {*ROWS, "extra", "mistake", "counter"}
    for shape in shapes():
        if isinstance(shape.row, int):
            assert shape.name.startswith(f"{shape.row:02d}-")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_shows_before_and_after(row: int, profile: str) -> None:
    never = row in NEVER or (row in NEVER_PINNED and not load_profile(profile).lookups)
    assert any(expected(shape, profile).exists() for shape in of_row(row)) is not never


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_shows_what_must_not_change(row: int, profile: str) -> None:
    assert any(stays(shape, profile) for shape in of_row(row))


def test_every_mistake_is_a_trap() -> None:
    traps = {shape.name for shape in shapes() if shape.row == "mistake"}
    assert traps == set(MISTAKES.values())
