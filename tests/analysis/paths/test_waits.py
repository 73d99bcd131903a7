# SPDX-License-Identifier: GPL-2.0-only
"""Loops between an acquire and a release."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.syntax import parse
from migrate.analysis.ir.expressions import Variable
from migrate.analysis.ir.lowering import lower
from migrate.analysis.paths.waits import calls_between, loops_between, natural_loops

BETWEEN = {
    "busy": "get(); while (busy()) relax(); put();",
    "counted": "get(); for (i = 0; i < n; i++) relax(); put();",
    "at its end": "get(); do { relax(); } while (busy()); put();",
    "goto": "get(); again: relax(); if (busy()) goto again; put();",
    "each round": "for (;;) { get(); while (busy()) relax(); put(); }",
    "in a loop that releases": "get(); for (i = 0; i < n; i++) { while (busy()) relax(); put(); }",
    "on one way": "get(); if (x) { put(); return; } while (busy()) relax(); put();",
    "of a macro": "get(); each(p->list, q) { relax(); } put();",
}
NOT_BETWEEN = {
    "none": "get(); relax(); put();",
    "around both": "for (i = 0; i < n; i++) { get(); relax(); put(); }",
    "a goto around both": "again: get(); put(); if (busy()) goto again;",
    "around the release": "get(); for (i = 0; i < n; i++) put();",
    "around a test of the release": "get(); for (i = 0; i < n; i++) if (x) put();",
    "before": "while (busy()) relax(); get(); put();",
    "before, each round": "for (;;) { while (busy()) relax(); get(); if (x) continue; put(); }",
    "behind": "get(); put(); while (busy()) relax();",
    "on another way": "if (x) { while (busy()) relax(); return; } get(); put();",
    "that never comes to it": "get(); if (x) { while (busy()) relax(); return; } put();",
    "a goto on": "get(); if (x) goto out; relax(); out: put();",
}


def between(statements: str) -> bool:
    source = parse("a.c", f"void f(void)\n{{\n{statements}\n}}\n".encode())
    lowered = lower(source, source.functions[0])
    calls = {c.callee.name: n for n, c in lowered.calls.items() if isinstance(c.callee, Variable)}
    return loops_between(lowered, calls["get"], calls["put"])


@pytest.mark.parametrize("which", BETWEEN)
def test_a_loop_between(which: str) -> None:
    assert between(BETWEEN[which])


@pytest.mark.parametrize("which", NOT_BETWEEN)
def test_no_loop_between(which: str) -> None:
    assert not between(NOT_BETWEEN[which])


def test_loops_in_loops() -> None:
    source = parse("a.c", b"void f(void)\n{\nwhile (a()) { while (b()) c(); }\n}\n")
    inner, outer = sorted(natural_loops(lower(source, source.functions[0])), key=len)
    assert inner < outer


@pytest.mark.parametrize(
    ("statements", "calls"),
    [
        ("a(); get(); b(); put(); c();", "b"),
        ("get(); goto use; out: put(); return; use: b(); goto out;", "b"),
        ("get(); if (x) { b(); goto out; } c(); out: put(); d();", "b c"),
        ("get(); if (x) { put(); return; } b(); put();", "b"),
        ("get(); while (x) b(); put();", "b"),
        ("for (;;) { a(); get(); b(); put(); c(); }", "b"),
        ("get(); if (x) { b(); return; } put();", ""),
        ("get(); for (;;) { b(); put(); c(); }", "b c"),
        ("if (x) a(); else { get(); b(); put(); }", "b"),
    ],
)
def test_the_calls_between(statements: str, calls: str) -> None:
    source = parse("a.c", f"void f(void)\n{{\n{statements}\n}}\n".encode())
    lowered = lower(source, source.functions[0])
    names = {n: c.callee.name for n, c in lowered.calls.items() if isinstance(c.callee, Variable)}
    (get,) = [n for n, name in names.items() if name == "get"]
    puts = [n for n, name in names.items() if name == "put"]
    found = {names[n] for n in calls_between(lowered, get, puts)} - {"put"}
    assert found == set(calls.split())
