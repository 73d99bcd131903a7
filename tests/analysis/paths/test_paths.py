# SPDX-License-Identifier: GPL-2.0-only
"""The walk itself: which statements are reached in which order, and on which conditions."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of, parse
from migrate.analysis.paths.walk import Trail, walk


class Calls:
    """A state is the calls that were made on the way."""

    def __init__(self) -> None:
        self.ways: set[tuple[str, ...]] = set()
        self.trails: dict[tuple[str, ...], list[tuple[str, bool]]] = {}

    def visit(self, node: Node, state: tuple[str, ...], _trail: Trail) -> tuple[str, ...]:
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        return (*state, name_of(callee))[:6] if callee is not None else state

    def decide(
        self, _node: Node, state: tuple[str, ...]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        return state, state

    def meet(self, state: tuple[str, ...], _others: Collection[tuple[str, ...]]) -> tuple[str, ...]:
        return state

    def leave(self, _node: Node, state: tuple[str, ...], trail: Trail) -> None:
        self.ways.add(state)
        self.trails[state] = [((n.text or b"").decode(), truth) for n, truth in trail]


def walked(body: str) -> Calls:
    (function,) = parse("a.c", f"void f(void)\n{{\n{body}\n}}\n".encode()).functions
    calls = Calls()
    walk(calls, function.body, ())
    return calls


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
    found = {"".join(way) for way in walked(body).ways}
    if any(word in body for word in ("again", "while", "for")):
        # Of the ways through a loop those that go round twice are not listed here.
        assert set(ways) <= found
        found = {way for way in found if len(way) <= max(map(len, ways), default=9)}
    assert found == set(ways)


def test_a_way_knows_its_conditions() -> None:
    trails = walked("if (x) { a(); if (!y) return; } b();").trails
    assert trails[("a",)] == [("x", True), ("y", False)]
    assert trails[("a", "b")] == [("x", True), ("y", True)]
    assert trails[("b",)] == [("x", False)]


def test_a_condition_that_made_no_difference_is_none() -> None:
    assert walked("if (x) y = 1; a();").trails == {("a",): []}
