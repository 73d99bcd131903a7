# SPDX-License-Identifier: GPL-2.0-only
"""A macro that asks where a member is does nothing to it."""

from __future__ import annotations

import pytest

from tests.analysis.heap.test_doubts import behind

OFFSET = "#define OFFSET(name, tag, member) DEFINE(name, offsetof(struct tag, member))\n"
BOTH = OFFSET.replace("DEFINE(name, ", "DEFINE(put_page(member), ")
MAIN = "int main(void)\n{\n\t%s\n}\n"


@pytest.mark.parametrize(
    "use", ["OFFSET(PAGE, outer, inner.page);", "OFFSET(PAGE, /* of it */ outer, inner[0].page);"]
)
def test_the_place_of_a_member_is_all_that_is_asked_for(use: str) -> None:
    assert behind(OFFSET + MAIN % use) == []


@pytest.mark.parametrize(
    ("macro", "use"),
    [
        # The argument is used besides.
        (BOTH, "OFFSET(PAGE, outer, inner.page);"),
        # Another argument than the one that is measured.
        (OFFSET, "OFFSET(inner.page, outer, other);"),
        # It is read beside the macro as well.
        (OFFSET, "OFFSET(PAGE, outer, inner.page);\n\tput_page(inner.page);"),
        # Nobody knows what the macro does.
        ("", "OFFSET(PAGE, outer, inner.page);"),
    ],
)
def test_what_is_done_besides_counts(macro: str, use: str) -> None:
    (gap,) = behind(macro + MAIN % use)
    assert gap.startswith("member-type-unknown")
