# SPDX-License-Identifier: GPL-2.0-only
"""How deep a syntax tree is, told without a look at every node."""

from __future__ import annotations

import pytest
from tree_sitter import Node

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
