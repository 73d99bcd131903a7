# SPDX-License-Identifier: GPL-2.0-only
"""What a group owes to each boundary that the analysis crosses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.boundaries import BOUNDARIES, Opened, opened, table, wrong
from bench.later import Fact
from tests.analysis.memory import scan_of, tree_of
from tests.analysis.program.test_whole_tree import (
    CALLEE,
    FILES,
    HEADER,
    LENDER,
    LOOKS,
    USER,
)

ALONE = {
    "drivers/demo/demo.c": """
        int f(unsigned long at)
        {
            struct page *page;

            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            memset(page_address(page), 0, 8);
            put_page(page);
            return 0;
        }
        """
}

PUBLIC = {
    HEADER: "struct page;\nstruct box {\n\tstruct page *page;\n\tunsigned long at;\n};\n",
    LENDER: """
        #include <linux/mm.h>
        #include <linux/lend.h>
        int get(struct box *box, unsigned long start)
        {
            struct page *page;

            if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
                return -1;
            box->at = (unsigned long)page_address(page);
            memset((void *)box->at, 0, 8);
            return 0;
        }
        void put(struct box *box)
        {
            put_page(virt_to_page(box->at));
        }
        """,
}
"""Numbers are looked for all over the tree, in a way of its own."""


def of(files: Mapping[str, str | bytes]) -> Opened:
    tree = tree_of(files)
    return opened(tree, scan_of(tree).acquires)


@pytest.mark.parametrize(
    ("files", "numbers"),
    [(ALONE, []), (FILES, ["1"]), ({**CALLEE, USER: LOOKS}, ["3"]), (PUBLIC, ["4"])],
)
def test_a_group_is_opened_by_the_boundaries_that_it_cannot_do_without(
    files: Mapping[str, str], numbers: list[str]
) -> None:
    found = of(files)
    assert found.decided == 1
    assert [name.split()[0] for name in found.groups] == numbers


def test_what_is_manual_anyway_is_opened_by_none() -> None:
    found = of({**CALLEE, USER: "void look(struct page *page)\n{\n\thide(page);\n}\n"})
    assert (found.decided, dict(found.groups)) == (0, {})


@pytest.mark.parametrize(
    ("people", "judged", "number"), [("left", "", 1), ("left", "CASE 5", 0), ("pinned", "", 0)]
)
def test_wrong_is_a_pin_that_people_left_and_nobody_judged(
    people: str, judged: str, number: int
) -> None:
    found = of(FILES)
    facts = [Fact(LENDER, "lend", people, "Linux 9", judged=judged)]
    assert wrong(found.groups["1 exported functions"], facts) == number
    lines = table({"a": (found, facts), "b": (found, None)})
    assert f"| 1 exported functions | 1 | {number} | 1 | - |" in lines
    assert len([line for line in lines if line.startswith("| ")]) == len(BOUNDARIES) + 3
