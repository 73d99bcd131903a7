# SPDX-License-Identifier: GPL-2.0-only
"""Stores of a page and of its flag into one object that belong together."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.flag_members import MemberSlot, pair_stores
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.heap.objects import Objects
from migrate.analysis.ir.expressions import Constant, Expression, Member, Variable
from migrate.analysis.ir.model import AccessPath
from migrate.analysis.program import location
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
HEAD = """
#include <linux/mm.h>
struct part { struct page *page; int ours; int length; struct part *next; };
"""


def text(value: Expression) -> str:
    match value:
        case Variable(name) | Constant(name):
            return name
        case Member(inner, name):
            return f"{text(inner)}.{name}"
    return "?"


def pairs(body: str) -> list[str] | None:
    """Each pair of stores as "page/flag"."""
    parameters = "struct part *p, struct part *q, struct page *page, int ours, int n"
    program = program_of({HERE: f"{HEAD}void demo({parameters})\n{{\n\t{body}\n}}\n"})
    source = program.source(HERE)
    assert source is not None
    facts = program.facts(source.functions[-1])
    cells = [program.cells.of(AccessPath("p", (name,)), facts)[0] for name in ("page", "ours")]
    page, flag = (cell for cell in cells if isinstance(cell, location.Member))
    apart = MayAlias(program, Objects(program))
    found = pair_stores(program, apart, MemberSlot(page, flag), HERE)
    if found is None:
        return None
    return [f"{text(pair.page.value)}/{text(pair.flag.value)}" for pair in found]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("p->page = page; p->ours = ours;", ["page/ours"]),
        ("p->ours = 0; p->page = page;", ["page/0"]),
        ("p->page = page, p->ours = 1;", ["page/1"]),
        ("if (n) { p->page = page; p->ours = 1; } q->page = page; q->ours = 0;",
         ["page/1", "page/0"]),
        ("p->page = q->page; p->ours = q->ours;", ["q.page/q.ours"]),
        ("p->page = NULL;", []),
        ("p->page = NULL; p->page = page; p->ours = ours;", ["page/ours"]),
        ("p->page = page; p->length = 1; p->ours = ours;", ["page/ours"]),
        ("p->page = page; n = p->length; p->ours = ours;", ["page/ours"]),
        ("p->page = page; page = NULL; p->ours = ours;", None),
        ("p->page = page; ours = 1; p->ours = ours;", None),
        ("p->page = page; p = q; p->ours = ours;", None),
        ("p->page = page; n++; p->ours = ours;", None),
        ("p->page = page; demo_wait(n); p->ours = ours;", None),
        ("p->page = page; *q = *p; p->ours = ours;", None),
        ("p->page = page; q->length = 1; p->ours = ours;", None),
        ("p->next->page = page; p->next->next = q; p->next->ours = ours;", None),
        ("p->next->page = page; p->next = q; p->next->ours = ours;", None),
        ("p->page = q->page; p->length = 1; p->ours = q->ours;", None),
        ("p->page = page; if (n) p->ours = ours;", None),
        ("if (n) p->page = page; p->ours = ours;", None),
        ("p->page = page; q->ours = ours;", None),
        ("p->page = page; p->ours |= ours;", None),
        ("p->page = page; p->ours = ours; p->page += 1;", None),
        ("p->page = page; p->ours = ours; p->ours = 1;", None),
        ("p->page = page; p->ours = ours; q->page = page;", None),
        ("p->page = page;", None),
        ("demo_of(p)->page = page; demo_of(p)->ours = ours;", None),
    ],
)  # fmt: skip
def test_stores_that_belong_together(body: str, found: list[str] | None) -> None:
    assert pairs(body) == found
