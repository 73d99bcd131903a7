# SPDX-License-Identifier: GPL-2.0-only
"""One file that somebody made to take the machine down: analysed, or named and left alone.

`python -m bench.hostile` does the same with files that are much larger, on the command line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from migrate.analysis.audit.run import Auditor, audit
from migrate.analysis.frontend.limits import LONGEST_TEXT, MOST_ACQUIRES, MOST_BYTES
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action, Pairing, PinGroup, Place
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.classify import verdict
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from tests.analysis.memory import scan_of, tree_of
from tests.faults import hostile
from tests.faults.bounded import bounded
from tests.faults.hostile import FOLDER, HERE, Hostile, Maker

# What becomes of the acquires, by the number of each kind that is beyond a limit and below it.
BEYOND: list[tuple[Maker, int]] = [
    (hostile.one_line, 30_000),
    (hostile.one_function, 100_000),
    (hostile.parentheses, 10_000),
    (hostile.braces, 10_000),
    (hostile.conditionals, 10_000),
    (hostile.functions, 11_000),
    (hostile.acquires, 2_000),
    (hostile.acquires_in_one_function, 2_000),
    (hostile.comment, 500_000),
    (hostile.string, 500_000),
    (hostile.labels, 20_000),
    (hostile.labels_in_a_row, 10_000),
    (hostile.terms, 10_000),
    (hostile.file_scope_terms, 10_000),
    (hostile.else_ifs, 5_000),
    (hostile.pointers, 10_000),
    (hostile.nested_calls, 5_000),
    (hostile.switch, 20_000),
    (hostile.loops, 1_000),
    (hostile.members, 120_000),
]
WITHIN: list[tuple[Maker, int, Action]] = [
    (hostile.one_line, 3_000, Action.PIN),
    (hostile.one_function, 3_000, Action.MANUAL),
    (hostile.parentheses, 100, Action.PIN),
    (hostile.conditionals, 100, Action.PIN),
    (hostile.functions, 3_000, Action.PIN),
    (hostile.same_functions, 9_000, Action.PIN),
    (hostile.acquires, 300, Action.PIN),
    (hostile.comment, 300_000, Action.PIN),
    (hostile.terms, 100, Action.PIN),
    (hostile.members, 20_000, Action.PIN),
    (hostile.union_members, 20_000, Action.MANUAL),
    (hostile.unnamed_structs, 40, Action.PIN),
]
ANY: list[tuple[Maker, int]] = [
    (hostile.open_parentheses, 10_000),
    (hostile.escapes, 500_000),
    (hostile.quotes, 200_000),
    (hostile.macro, 100),
    (hostile.header, 60_000),
    (hostile.defines, 60_000),
    (hostile.calls_in_a_row, 3_000),
    (hostile.callers, 1_500),
    (hostile.recursion, 1_000),
    (hostile.variables, 1_000),
    (hostile.branches, 3_000),
    (hostile.typedefs, 100_000),
    (hostile.words, 20_000),
    (hostile.noise, 100_000),
]


def analysed(made: Hostile) -> Pairing:
    """The groups; an audit comes to its end, too."""
    tree = tree_of(made.files)
    program = Program(tree)
    found = scan_of(tree, (*GUP_NAMES, *PIN_NAMES))
    pairing = pair(tree, found, program=program)
    audit(tree, found, pairing, auditor=Auditor(program, found.acquires))
    return pairing


def groups_of(made: Hostile) -> list[PinGroup]:
    """The groups with acquires of the file; each acquire is there exactly once."""
    groups = [
        group
        for group in bounded(lambda: analysed(made)).groups
        if any(a.place.path.startswith(FOLDER) for a in group.acquires)
    ]
    places = Counter(a.place for group in groups for a in group.acquires)
    assert len(places) == made.acquires
    assert set(places.values()) == {1}
    return groups


def actions(groups: list[PinGroup]) -> Mapping[Action, int]:
    """How many acquires have which verdict."""
    found: Counter[Action] = Counter()
    for group in groups:
        found[verdict(group, True).action] += len(group.acquires)
    return found


def number(case: tuple[Maker, int] | tuple[Maker, int, Action]) -> str:
    return case[0].__name__


@pytest.mark.parametrize("case", BEYOND, ids=number)
def test_what_is_too_much_is_named_and_manual(case: tuple[Maker, int]) -> None:
    made = case[0](case[1])
    groups = groups_of(made)
    assert actions(groups) == {Action.MANUAL: made.acquires}
    (group,) = groups
    (gap,) = group.gaps
    assert (gap.kind, gap.place) == (GapKind.FILE_NOT_ANALYSED, Place(HERE, 1, 0))


@pytest.mark.parametrize("case", WITHIN, ids=number)
def test_much_that_is_not_too_much(case: tuple[Maker, int, Action]) -> None:
    made = case[0](case[1])
    assert actions(groups_of(made)) == {case[2]: made.acquires}


@pytest.mark.parametrize("case", ANY, ids=number)
def test_it_comes_to_an_end(case: tuple[Maker, int]) -> None:
    assert groups_of(case[0](case[1]))


def test_evidence_of_a_long_line_is_cut() -> None:
    (group,) = [
        g for g in analysed(hostile.one_line(3_000)).groups if g.acquires[0].place.path == HERE
    ]
    long = "".join(f"use(a{n}); " for n in range(200))
    made = Hostile({HERE: hostile.one_line(0).files[HERE].replace(b"\t\n", long.encode())}, 1)
    (other,) = [g for g in analysed(made).groups if g.acquires[0].place.path == HERE]
    for one in (group, other):
        texts = [*(u.text for u in one.uses), *(r.text for r in one.releases)]
        assert texts
        assert max(map(len, texts)) <= 2 * LONGEST_TEXT + len("...  ...")


def test_of_a_long_line_what_is_there_is_shown() -> None:
    fill = b"a = a + 1; " * 100
    text = hostile.one_line(0).files[HERE].replace(b"set_page_dirty_lock", fill + b"set_page_dirty")
    (group,) = [g for g in analysed(Hostile({HERE: text}, 1)).groups if g.uses]
    (dirty,) = [u for u in group.uses if "set_page_dirty" in u.text]
    assert dirty.text == "... set_page_dirty(page);"


# What another file may have to do with it

KEPT = b"""
#include <linux/mm.h>
#include "kept.h"
int kept_get(struct kept *kept, unsigned long at)
{
	if (get_user_pages_fast(at, 1, FOLL_WRITE, &kept->lonely) != 1)
		return -EFAULT;
	set_page_dirty_lock(kept->lonely);
	return 0;
}
void kept_put(struct kept *kept)
{
	put_page(kept->lonely);
}
"""
HEADER = b"struct kept {\n\tstruct page *lonely;\n};\n"
FILL = b"/*" + b" x" * MOST_BYTES + b" */\n"


@pytest.mark.parametrize(
    ("name", "text", "converted"),
    [
        ("other.c", b"void f(struct kept *k)\n{\n\tput_page(k->lonely);\n}\n", False),
        ("other.c", b"int g(struct kept *k)\n{\n\treturn kept_get(k, 0);\n}\n", True),
        ("other.c", b"int lonesome;\n", True),
        ("registers.h", b"#define LONELY 1\n", True),
    ],
)
def test_another_file_that_is_not_analysed(name: str, text: bytes, converted: bool) -> None:
    """A group whose storage it names stays as it is, and the file is named."""
    files = {f"{FOLDER}/kept.c": KEPT, f"{FOLDER}/kept.h": HEADER, f"{FOLDER}/{name}": FILL + text}
    (group,) = analysed(Hostile(files, 1)).groups
    assert (verdict(group, True).action is Action.PIN) == converted
    named = [gap.place for gap in group.gaps if gap.kind is GapKind.FILE_NAMES_STORAGE]
    assert {place.path for place in named if place is not None} <= {f"{FOLDER}/{name}"}
    assert bool(named) != converted


def test_a_header_that_is_not_analysed() -> None:
    files = {f"{FOLDER}/kept.c": KEPT, f"{FOLDER}/kept.h": FILL + HEADER}
    (group,) = analysed(Hostile(files, 1)).groups
    assert verdict(group, True).action is Action.MANUAL


def test_a_caller_in_a_file_that_is_not_analysed() -> None:
    """It gets the page, and nobody knows what it does with it."""
    get = b"#include <linux/mm.h>\n" + hostile.one_line(0).files[HERE].replace(
        b"int hostile_get", b"struct page *hostile_get"
    ).replace(b"put_page(page);\n\treturn 0", b"return page").replace(b"-EFAULT", b"NULL")
    other = b"void f(void)\n{\n\tput_page(hostile_get(0, 0));\n}\n"
    small = Hostile({HERE: get, f"{FOLDER}/other.c": other}, 1)
    large = Hostile({HERE: get, f"{FOLDER}/other.c": FILL + other}, 1)
    (group,) = analysed(small).groups[:1]
    assert verdict(group, True).action is Action.PIN
    (group,) = analysed(large).groups[:1]
    assert verdict(group, True).action is Action.MANUAL


def test_more_acquires_than_are_followed() -> None:
    most, more = hostile.acquires(MOST_ACQUIRES), hostile.acquires(MOST_ACQUIRES + 1)
    assert actions(groups_of(most)) == {Action.PIN: MOST_ACQUIRES}
    assert actions(groups_of(more)) == {Action.MANUAL: MOST_ACQUIRES + 1}
