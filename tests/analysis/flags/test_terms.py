# SPDX-License-Identifier: GPL-2.0-only
"""What can be called a page or a flag."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.terms import owner, term
from migrate.analysis.ir.expressions import Member, Variable
from migrate.analysis.ir.instructions import Store
from tests.analysis.memory import facts_of


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("n", True),
        ("p->ours", True),
        ("p->part[n].ours", True),
        ("p->part[0].ours", True),
        ("(p)->ours", True),
        ("p->part[n + 1].ours", False),
        ("p->part[demo_next(n)].ours", False),
        ("demo_of(n)->ours", False),
        ("(*p)->ours", False),
        ("((struct part *)p)->ours", False),
        ("p->pages[n]", False),
        ("*p", False),
        ("&p->ours", False),
        ("n + 1", False),
        ("1", False),
        ("(int)n", False),
    ],
)
def test_a_term_is_made_of_names(code: str, named: bool) -> None:
    facts = facts_of(f"void f(struct part *p, int n)\n{{\n\tlong x = {code};\n}}\n")
    (store,) = (i for i in facts.lowered.order if isinstance(i, Store))
    assert (term(store.value) is not None) is named


def test_the_object_of_a_member() -> None:
    part = Variable("part")
    assert owner(Member(part, "ours", True)) == part
    assert owner(part) is None
