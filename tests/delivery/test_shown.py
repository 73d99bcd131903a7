# SPDX-License-Identifier: GPL-2.0-only
"""The lines that a message shows: those that its reader can check best."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.edges import Edge, EdgeKind
from migrate.analysis.model import Evidence, PinGroup, Place, Use, UseKind
from migrate.delivery.commits.text.shown import shown_lines
from tests.analysis.groups import PATH, group

HEADER = "include/linux/copy.h"
IN_HEADER = Use(Place(HEADER, 5, 1), "copy_full", UseKind.WRITE_DATA, "copied = copy(to, n);")


def of(*uses: Use) -> tuple[Evidence, ...]:
    return tuple(Evidence(use.place, use.kind.value, use.text) for use in uses)


def passed(line: int, function: str = "copy_full", path: str = PATH) -> Edge:
    text = f"{function}(va, n); /* {line} */"
    return Edge(EdgeKind.PASSED, Place(path, line, 1), text, function=function)


def with_edges(*edges: Edge) -> PinGroup:
    return replace(group(more=(IN_HEADER,)), edges=edges)


def test_what_an_inline_function_does_is_shown_where_it_is_called() -> None:
    edges = (passed(3, path="drivers/demo/a.c"), passed(40), passed(30))
    assert shown_lines(of(IN_HEADER), with_edges(*edges)) == (
        f"{PATH}:30: copy_full(va, n); /* 30 */",
    )


@pytest.mark.parametrize(
    "edge",
    [
        passed(30, "something_else"),
        passed(30, path="include/linux/other.h"),
        replace(passed(30), kind=EdgeKind.FILLED),
    ],
)
def test_what_nothing_calls_is_shown_where_it_stands(edge: Edge) -> None:
    assert shown_lines(of(IN_HEADER), with_edges(edge)) == (f"{HEADER}:5: copied = copy(to, n);",)


def test_the_call_of_gup_is_no_evidence() -> None:
    about = group()
    (acquire,) = about.acquires
    at_once = Evidence(acquire.place, "is released at once", acquire.text)
    assert shown_lines((at_once,), about) == ()
    below = Place(PATH, acquire.place.line + 1, 1)
    used = Use(below, "get", UseKind.STRUCT_PAGE, "page_to_nid(p);")
    assert shown_lines((at_once, *of(used)), about) == (f"{used.place}: {used.text}",)
