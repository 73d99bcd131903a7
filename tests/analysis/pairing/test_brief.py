# SPDX-License-Identifier: GPL-2.0-only
"""Groups for an audit, which only asks whether something about a group is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.analysis.audit.run import Auditor
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Scan
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.kernel.tree import Tree
from tests.analysis.memory import scan_of, tree_of

HERE = "drivers/demo/demo.c"
CODE = """
#include <linux/mm.h>

struct demo {
	struct page *page;
};
struct other {
	unsigned long start;
	unsigned long end;
};

int demo_start(struct demo *demo, unsigned long start)
{
	demo->page = NULL;
	return get_user_pages_fast(start, 1, 0, &demo->page);
}

void demo_end(struct demo *demo)
{
	END
}

unsigned long demo_cast(struct demo *demo)
{
	return CAST;
}
"""
RELEASED = "put_page(demo->page);"
UNKNOWN = "elsewhere(demo->page);"
CAST = "((struct other *)demo)->end"


def code(end: str, cast: str = "0") -> tuple[Tree, Scan]:
    tree = tree_of({HERE: CODE.replace("END", end).replace("CAST", cast)})
    return tree, scan_of(tree)


def gaps(tree: Tree, scan: Scan, *, brief: bool) -> Sequence[GapKind]:
    grouper = Grouper(Program(tree), scan.acquires, brief=brief)
    return [gap.kind for gap in grouper.group(scan.acquires[0]).group.gaps]


def test_nothing_is_looked_for_behind_the_first_gap() -> None:
    found = code(UNKNOWN, CAST)
    whole, brief = gaps(*found, brief=False), gaps(*found, brief=True)
    assert GapKind.STRUCT_CAST in whole
    assert brief and GapKind.STRUCT_CAST not in brief
    assert set(brief) < set(whole)


def test_what_is_known_is_known_in_brief() -> None:
    assert gaps(*code(RELEASED), brief=True) == gaps(*code(RELEASED), brief=False) == []


def test_a_doubt_alone_is_found() -> None:
    found = code(RELEASED, CAST)
    assert gaps(*found, brief=True) == gaps(*found, brief=False) == [GapKind.STRUCT_CAST]


def test_that_no_release_was_found_is_no_reason_to_stop() -> None:
    found = code("", CAST)
    whole = gaps(*found, brief=False)
    assert {GapKind.NO_RELEASE, GapKind.STRUCT_CAST} == set(whole)
    assert gaps(*found, brief=True) == whole


class Kept(dict[str, str]):
    """What a run keeps for the next one."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


def test_a_brief_group_is_not_taken_for_a_whole_one() -> None:
    tree, scan = code(UNKNOWN, CAST)
    kept, auditor = Kept(), Auditor(Program(tree), scan.acquires)
    brief = pair(tree, scan, cache=kept, program=auditor.program, beside=auditor)
    whole = pair(tree, scan, cache=kept)
    assert len(brief.groups[0].gaps) < len(whole.groups[0].gaps)
    assert whole == pair(tree, scan)
