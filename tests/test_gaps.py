# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of gaps: a closed set, of which each has words, a place in docs/gaps.md, and code."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import migrate
from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.gaps import FOREIGN_SOURCES, UNKNOWN_SOURCES, Gap, GapKind, distinct
from migrate.analysis.model import Place
from migrate.analysis.verdicts.gap_words import WORDING
from migrate.analysis.verdicts.wording import STEPS, sentences, step, template, why, words
from migrate.base import codec
from scripts.gap_kinds import SECTIONS, TARGET, document

FIELDS = {"at", "path", "callee", "subject", "function", "other"}
NO_MAKERS = {Path("gaps.py"), Path("verdicts/wording.py"), Path("verdicts/gap_words.py")}


def whole(kind: GapKind) -> Gap:
    return Gap(kind, Place("a/b.c", 7, 3), "the subject", "the_function", "the other")


def test_the_document_is_that_of_the_kinds() -> None:
    """If not: python -m scripts.gap_kinds"""
    assert TARGET.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("kind", GapKind)
def test_every_kind_has_words_and_a_row(kind: GapKind) -> None:
    assert re.search(rf"^\| `{kind}` \| \S.* \| [A-Z].*[.?] \|$", document(), re.M)
    sentence, check = WORDING[kind].sentence, WORDING[kind].check
    used = {name for _, name, _, _ in Formatter().parse(template(kind)) if name}
    assert used <= FIELDS
    assert not sentence.endswith(".") and "  " not in sentence + check
    assert "{" not in words(whole(kind))


def test_no_two_kinds_read_the_same() -> None:
    assert len({words(whole(kind)) for kind in GapKind}) == len(GapKind)


def test_every_kind_has_a_maker() -> None:
    """A kind that nothing makes any more is none."""
    room = Path(migrate.__file__).parent / "analysis"
    texts = [p.read_text() for p in room.rglob("*.py") if p.relative_to(room) not in NO_MAKERS]
    made = set(re.findall(r"\bGapKind\.(\w+)", "\n".join(texts)))
    assert made == {kind.name for kind in GapKind}


def test_every_section_begins_with_its_kind() -> None:
    assert list(SECTIONS.values()) == sorted(SECTIONS.values(), key=list(GapKind).index)
    first = next(iter(GapKind))
    assert first in SECTIONS.values()
    assert not FOREIGN_SOURCES & UNKNOWN_SOURCES


def test_a_call_through_a_pointer_has_no_name() -> None:
    at = Place("a.c", 3, 0)
    gap = Gap(GapKind.PASSED_TO_UNKNOWN, at)
    assert words(gap) == "passed to a function pointer at a.c:3, which cannot be followed"
    named = Gap(GapKind.PASSED_TO_UNKNOWN, at, function="f")
    assert words(named) == "passed to f() at a.c:3, which cannot be followed"


def test_a_source_of_pages_says_what_it_is_to_the_group() -> None:
    at = Place("a.c", 3, 0)
    foreign = Gap(GapKind.FROM_OTHER_CALL, at, function="f")
    assert why(foreign) == "the page may come from f()"
    assert (
        words(foreign)
        == "a release drops pages from elsewhere: the page may come from f() at a.c:3"
    )
    unknown = Gap(GapKind.NOTHING_SETS, at, "x")
    said = "a release may drop pages from elsewhere: no assignment to x was found (a.c:3)"
    assert words(unknown) == said


def test_what_reads_the_same_is_said_once() -> None:
    one, other = (Gap(GapKind.RETURNED_TO_UNKNOWN, Place(f, 1, 0), "", "get") for f in "ab")
    assert len(sentences((one, other))) == 1
    assert distinct((one, other)) == (one, other)


def test_two_columns_of_a_line_are_one_gap() -> None:
    first, second = (Gap(GapKind.CODE_UNCLEAR, Place("a.c", 4, n)) for n in (8, 1))
    assert distinct((first, second, Gap(GapKind.NO_RELEASE))) == (first, Gap(GapKind.NO_RELEASE))


@pytest.mark.parametrize("kind", EdgeKind)
def test_every_kind_of_edge_has_words_and_a_maker(kind: EdgeKind) -> None:
    edge = Edge(kind, Place("a.c", 3, 0), "x = y;", "the target", "the source", "the_function")
    used = {name for _, name, _, _ in Formatter().parse(STEPS[kind]) if name}
    assert used <= {"source", "target", "function"} and "{" not in step(edge)
    room = Path(migrate.__file__).parent / "analysis"
    folders = (p for p in room.rglob("*/*.py") if p.name != "wording.py")
    assert any(f"EdgeKind.{kind.name}" in path.read_text() for path in folders)


def test_an_edge_reads_as_the_pages_go() -> None:
    at = Place("a.c", 3, 0)
    assert step(Edge(EdgeKind.COPIED, at, "x = y;", "x", "y")) == "y -> x"
    assert step(Edge(EdgeKind.ALIASED, at, "x = y;", "x", "y")) == "x is an alias of y"
    assert step(Edge(EdgeKind.FILLED, at, "f(x);", function="f")) == "filled by f()"


def test_a_gap_comes_back_from_its_file() -> None:
    for gap in (whole(GapKind.ON_A_LIST), Gap(GapKind.NO_RELEASE)):
        assert codec.loads(codec.dumps(gap), Gap) == gap
