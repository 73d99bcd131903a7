# SPDX-License-Identifier: GPL-2.0-only
"""Copies of a whole struct, by code that need not name it."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.heap.test_hidden_releases import HERE, INCLUDE, PUT, START, STRUCT, end
from tests.analysis.memory import pairing_of, program_of

HEADER = "drivers/demo/demo.h"
OTHER = "drivers/demo/other.c"
MORE = """
struct demo;
struct owner {
	struct demo inside;
	struct demo *kept;
};
extern struct demo demo_all;
#define DEMO_OF(owner) (&(owner)->inside)
#define DEMO_OF_IT(owner) DEMO_OF(owner)
#define DEMO_NR(owner) (&(owner)->inside.nr)
static inline struct demo *demo_of(struct owner *owner)
{
	return &owner->inside;
}
static inline int *demo_nr(struct owner *owner)
{
	return &owner->inside.nr;
}
"""


def copied(body: str, parameters: str) -> list[str]:
    """The copies that are seen when a file that has no word `demo` copies something."""
    code = f'#include "demo.h"\nvoid f({parameters})\n{{\n\t{body}\n}}\n'
    (group,) = pairing_of(
        {HEADER: STRUCT + MORE, HERE: INCLUDE + START + end(PUT), OTHER: code}
    ).groups
    return [str(g.place) for g in group.gaps if g.kind is GapKind.STRUCT_COPIED_OUT]


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ("memcpy(to, from, sizeof(*from));", "void *to, struct demo *from"),
        ("memcpy(to, &o->inside, 16);", "void *to, struct owner *o"),
        ("memcpy(to, o->kept, 16);", "void *to, struct owner *o"),
        ("memcpy(to, &demo_all, 16);", "void *to"),
        ("to = kmemdup(o->kept, 16, GFP_KERNEL);", "void *to, struct owner *o"),
    ],
)
def test_a_copy_is_seen_by_whatever_word(body: str, parameters: str) -> None:
    assert copied(body, parameters) == [f"{OTHER}:4"]


@pytest.mark.parametrize("macro", ["DEMO_OF", "DEMO_OF_IT", "demo_of"])
def test_a_copy_of_what_a_call_makes(macro: str) -> None:
    assert copied(f"memcpy(to, {macro}(o), 16);", "void *to, struct owner *o") == [f"{OTHER}:4"]


@pytest.mark.parametrize("macro", ["DEMO_NR", "demo_nr"])
def test_a_copy_of_a_member_that_a_call_makes_is_none(macro: str) -> None:
    assert copied(f"memcpy(to, {macro}(o), 4);", "void *to, struct owner *o") == []


def test_a_copy_of_something_else_is_none() -> None:
    assert copied("memcpy(to, from, 16);", "void *to, struct owner *from") == []


def test_the_words_by_which_a_struct_can_be_meant() -> None:
    program = program_of({HEADER: STRUCT + MORE, HERE: INCLUDE + START})
    words = {"demo", "inside", "kept", "demo_all", "DEMO_OF", "DEMO_OF_IT", "DEMO_NR", "demo_of"}
    assert program.cells.holding("demo", HEADER) == words


def test_a_struct_that_a_header_for_all_names_may_be_meant_by_any_word() -> None:
    public = {"include/linux/far.h": "struct demo;\nstruct far {\n\tstruct demo *near;\n};\n"}
    program = program_of({HEADER: STRUCT + MORE, HERE: INCLUDE + START, **public})
    assert program.cells.holding("demo", HEADER) is None


def test_functions_are_read_only_where_they_have_both_words() -> None:
    text = "void f(int a)\n{\n\tg(a);\n}\nvoid h(int b)\n{\n\tg(b);\n}\n"
    program = program_of({HERE: text})
    found = program.functions_with(HERE, "g", frozenset({"b", "none"}))
    assert [facts.function.name for facts in found] == ["h"]
    assert program.functions_with(HERE, "g", frozenset({"none"})) == ()
    assert len(program.functions_with(HERE, "g")) == 2
