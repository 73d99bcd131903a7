# SPDX-License-Identifier: GPL-2.0-only
"""What the finder that uses the syntax tree takes for a call of GUP."""

from __future__ import annotations

from tests.analysis.memory import scan_of, tree_of

HERE = "drivers/demo/demo.c"
GUP = "get_user_pages_fast(start, 1, FOLL_WRITE, pages)"
FUNCTION = "int NAME(unsigned long start, struct page **pagesMORE)\n{\n\tLOCALreturn CALL;\n}\n"


def function(name: str, more: str = "", local: str = "") -> str:
    text = FUNCTION.replace("NAME", name).replace("CALL", GUP)
    return text.replace("MORE", more).replace("LOCAL", local)


def found(text: str) -> list[str]:
    """The functions with an acquire; nothing else may be said of the names."""
    scan = scan_of(tree_of({HERE: text}))
    assert scan.unparsed == ()
    return [acquire.function for acquire in scan.acquires]


POINTER = "int (*get_user_pages_fast)(unsigned long, int, int, struct page **)"


def test_a_parameter_hides_the_function_of_that_name() -> None:
    assert found(function("f")) == ["f"]
    assert found(function("f", more=f", {POINTER}")) == []


def test_a_variable_hides_the_function_of_that_name() -> None:
    assert found(function("f", local=f"{POINTER} = own;\n\n\t")) == []


def test_it_does_so_in_its_own_function_alone() -> None:
    hidden = function("hidden", more=f", {POINTER}")
    assert found(function("demo_a") + hidden + function("demo_b")) == ["demo_a", "demo_b"]
    assert found(hidden + function("demo_a") + hidden.replace("hidden", "again")) == ["demo_a"]
