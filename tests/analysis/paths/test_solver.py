# SPDX-License-Identifier: GPL-2.0-only
"""The solver itself: which instructions are reached in which order, and on which conditions."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.ir.expressions import Expression, Variable
from migrate.analysis.ir.instructions import Instruction, Invoke, Leave, Lowered
from migrate.analysis.ir.lowering import lower
from migrate.analysis.paths.solver import MOST_STATES, Plain, solve

Calls = tuple[str, ...]


class Called(Plain[Calls]):
    """A state is the calls that were made on the way."""

    def transfer(self, instruction: Instruction, state: Calls) -> Calls:
        if isinstance(instruction, Invoke) and isinstance(instruction.callee, Variable):
            return (*state, instruction.callee.name)[:6]
        return state


def lowered(body: str) -> Lowered:
    source = parse("a.c", f"void f(void)\n{{\n{body}\n}}\n".encode())
    return lower(source, source.functions[0])


def trails(body: str) -> dict[Calls, list[tuple[str, bool]]]:
    """The calls on each way out, with what was asked on it."""
    solution = solve(Called(), lowered(body), ())
    assert solution.settled
    return {
        state: [(condition.text, truth) for condition, truth in trail]
        for instruction, state, trail in solution.before()
        if isinstance(instruction, Leave)
    }


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("a(); b();", ["ab"]),
        ("if (x) a(); else b(); c();", ["ac", "bc"]),
        ("if (x) return; a();", ["", "a"]),
        ("if (x) goto out; a(); return; out: b();", ["a", "b"]),
        ("goto out; a(); out: b();", ["b"]),
        ("again: a(); if (x) goto again; b();", ["ab", "aab", "aaab"]),
        ("while (x) { a(); if (y) break; b(); } c();", ["c", "ac", "abc"]),
        ("while (1) { a(); break; } b();", ["ab"]),
        ("while (1) a();", []),
        ("while (0) a(); b();", ["b"]),
        ("for (i(); x; u()) { if (y) continue; a(); } b();", ["ib", "iub", "iaub", "iuub"]),
        ("do { a(); } while (0); b();", ["ab"]),
        ("do { a(); } while (x); b();", ["ab", "aab"]),
        ("switch (x) { case 1: a(); break; case 2: b(); default: c(); }", ["a", "bc", "c"]),
        ("if (x && a()) b();", ["", "a", "ab"]),
        ("if (x || a()) b();", ["b", "ab", "a"]),
        ("if (!likely(x)) { a(); return; } b();", ["a", "b"]),
        ("#ifdef X\na();\n#endif\nb();", ["b", "ab"]),
    ],
)
def test_the_ways_through_a_function(body: str, ways: list[str]) -> None:
    found = {"".join(way) for way in trails(body)}
    if any(word in body for word in ("again", "while", "for")):
        # Of the ways through a loop those that go round more often are not listed here.
        assert set(ways) <= found
        found = {way for way in found if len(way) <= max(map(len, ways), default=9)}
    assert found == set(ways)


def test_a_way_knows_its_conditions() -> None:
    found = trails("if (x) {\na();\nif (!y)\nreturn;\n}\nb();")
    assert found[("a",)] == [("if (x) {", True), ("if (!y)", False)]
    assert found[("a", "b")] == [("if (x) {", True), ("if (!y)", True)]
    assert found[("b",)] == [("if (x) {", False)]


def test_a_condition_that_made_no_difference_is_none() -> None:
    assert trails("if (x) y = 1; a();") == {("a",): []}


class Both(Called):
    """Where two ways meet, each says so."""

    def meet(self, state: Calls, others: Collection[Calls]) -> Calls:
        return (*state, "+") if any(other != state for other in others) else state


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("if (x) a(); b();", {"a+b", "+b"}),
        ("if (x) { a(); return; } b();", {"a", "b"}),
        ("if (x) a(); else a(); b();", {"ab"}),
        ("#ifdef X\na();\n#else\nb();\n#endif\nc();", {"a+c", "b+c"}),
        ("if (x) goto out; a(); out: b();", {"b", "ab"}),
        ("x ? a() : b(); c();", {"a+c", "b+c"}),
        ("while (x) { a(); break; } b();", {"b", "ab"}),
        ("switch (x) { case 1: a(); break; case 2: b(); } c();", {"a+c", "b+c", "+c"}),
    ],
)
def test_the_ways_of_one_statement_meet(body: str, ways: set[str]) -> None:
    solution = solve(Both(), lowered(body), ())
    left = {"".join(s) for i, s, _ in solution.before() if isinstance(i, Leave)}
    assert left == ways


class Counted(Plain[int]):
    """A state that has no end."""

    def transfer(self, instruction: Instruction, state: int) -> int:
        return state + isinstance(instruction, Invoke)


def test_states_without_end_are_given_up() -> None:
    assert solve(Counted(), lowered("a();"), 0).settled
    assert not solve(Counted(), lowered("while (x) a();"), 0).settled
    many = "if (x) a(); " * (MOST_STATES + 1)
    assert not solve(Counted(), lowered(many), 0).settled


class Never(Called):
    """`never` is not true, on any way."""

    def assume(self, condition: Expression, state: Calls) -> tuple[Calls | None, Calls | None]:
        return (None, state) if condition == Variable("never") else (state, state)


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("if (never) a(); b();", {"b"}),
        ("if (x && never) a(); b();", {"b"}),
        ("if (x || never) a(); else c(); b();", {"ab", "cb"}),
        ("if (!never) a(); b();", {"ab"}),
        ("while (!never) a(); b();", set()),
    ],
)
def test_what_cannot_be_is_not_gone(body: str, ways: set[str]) -> None:
    solution = solve(Never(), lowered(body), ())
    left = {"".join(s) for i, s, _ in solution.before() if isinstance(i, Leave)}
    assert left == ways


def test_what_is_asked_in_which_state() -> None:
    solution = solve(Called(), lowered("if (x) a(); while (y) b();"), ())
    found = {(c.text, state) for c, state, _ in solution.asked() if len(state) < 2}
    asked = {("if (x) a(); while (y) b();", state) for state in ((), ("a",), ("b",))}
    assert found == asked


def test_a_loop_is_entered_only_from_before_it() -> None:
    made = lowered("if (x) a(); while (y) b();")
    (head,) = {e.source for e in made.edges if e.condition and e.condition.value == Variable("y")}
    assert solve(Called(), made, ()).entered[head] == {(), ("a",)}


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("each(p) { a(); } b();", {"b", "ab", "aab"}),
        ("each(p->q, r) { a(); } b();", {"b", "eachab", "eachaeachab"}),
        ("each(p->q, r) a(); b();", {"b", "eachab", "eachaeachab"}),
        ("switch (x) { case 1: each(p->q, r) { a(); } }", {"", "eacha", "eachaeacha"}),
    ],
)
def test_a_macro_may_make_a_loop(body: str, ways: set[str]) -> None:
    made = lowered(body)
    assert made.macros.loops
    assert not made.macros.garbled
    solution = solve(Called(), made.looping, ())
    found = {"".join(s) for i, s, _ in solution.before() if isinstance(i, Leave)}
    assert ways <= found
    assert min(found, key=len) == min(ways, key=len)


@pytest.mark.parametrize("body", ["a(); ) = ;", "goto *p;", "x = ({ each(p->q, r) { a(); } });"])
def test_what_is_no_such_loop_is_garbled(body: str) -> None:
    assert lowered(body).macros.garbled
