# SPDX-License-Identifier: GPL-2.0-only
"""How deep a syntax tree is, told without a look at every node."""

from __future__ import annotations

import pytest
from tree_sitter import Node

from migrate.analysis.frontend import limits
from migrate.analysis.frontend.limits import is_deeper
from migrate.analysis.frontend.syntax import parse

_TEXTS = (
    b"",
    b"int x;\n",
    b"void f(void)\n{\n\tif (a)\n\t\tg(a + b + c + d * (e - f[1]));\n\telse\n\t\th();\n}\nint y;\n",
    b"#ifdef A\n#ifdef B\nstruct s { struct { int a; } b; };\n#endif\n#endif\n" * 3,
    b"int f(void) { return " + b"(" * 40 + b"1" + b")" * 40 + b"; }\n",
    b"void f(void) { } }}} ((( \n",
)


def _levels(node: Node) -> int:
    return max((1 + _levels(child) for child in node.children), default=0)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_tree_is_deeper_than_all_but_its_levels(text: bytes) -> None:
    root = parse("a.c", text).root
    levels = _levels(root)
    answers = [is_deeper(root, most) for most in range(levels + 3)]
    assert answers == [most < levels for most in range(levels + 3)]


SECOND = b"void f(void)\n{\n}\n\nvoid g(int x) {\n%s}\n"
DEEP = b"\tx = " + b"(" * 30 + b"1" + b")" * 30 + b";\n"
NESTED = b"#ifdef A\n" * 25 + b"int a;\n" + b"#endif\n" * 25


@pytest.mark.parametrize(
    ("limit", "value", "text", "why"),
    [
        ("MOST_NODES", 100, SECOND % (b"\tx = 1;\n" * 40), "the function at line 5 is too long"),
        ("MOST_NODES", 100, SECOND % b"\tx = 1;\n", ""),
        ("MOST_FUNCTIONS", 1, SECOND % b"", "it has more than 1 functions"),
        ("MOST_FUNCTIONS", 2, SECOND % b"", ""),
        ("MOST_LEVELS", 20, SECOND % DEEP, "the function at line 5 is nested in more than 20"),
        ("MOST_LEVELS", 20, SECOND % b"\tx = (1);\n", ""),
        ("MOST_LEVELS", 20, NESTED, "conditions of the preprocessor are nested in more than 20"),
        ("MOST_LEVELS", 20, NESTED.replace(b"\n#ifdef A", b"\n#ifdef A\n#endif"), ""),
    ],
)
def test_a_file_beyond_a_limit_is_not_analysed(
    limit: str, value: int, text: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, limit, value)
    unread = parse("a.c", text).unread
    assert unread.startswith(why) if why else unread == ""
