# SPDX-License-Identifier: GPL-2.0-only
"""What is known of a page and its flag where a function releases the page."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.flag_states import Pair, known_before
from migrate.analysis.flags.terms import Term
from migrate.analysis.ir.expressions import Member, Variable
from migrate.analysis.ir.instructions import Invoke
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
HEAD = """
#include <linux/mm.h>
struct part { struct page *page; int ours; struct part *next; };
static int demo_ours;
static void demo_take(int a) { }
"""
VARIABLES = (Variable("ours"), Variable("page"))
PART = Variable("part")
MEMBERS = (Member(PART, "ours", True), Member(PART, "page", True))


def known(body: str, flag: Term, page: Term | None) -> set[str] | None:
    """The states before put_page(), as "FLAG PAGE"; None when nothing is known of the function."""
    parameters = "struct page *page, int ours, struct part *part, int n"
    program = program_of({HERE: f"{HEAD}void demo({parameters})\n{{\n{body}\n}}\n"})
    source = program.source(HERE)
    assert source is not None
    facts = program.facts(source.functions[-1])
    (release,) = (
        i for i in facts.lowered.order if isinstance(i, Invoke) and i.callee == Variable("put_page")
    )
    states = known_before(program, facts, Pair(flag, page), release)
    return None if states is None else {f"{s.flag.name} {s.page.name}" for s in states}


@pytest.mark.parametrize(
    ("body", "states"),
    [
        ("put_page(page);", {"GIVEN GIVEN"}),
        ("if (ours) put_page(page);", {"GIVEN_SET GIVEN"}),
        ("if (!ours) put_page(page);", {"GIVEN_CLEAR GIVEN"}),
        ("if (ours == 0) put_page(page);", {"GIVEN_CLEAR GIVEN"}),
        ("if (ours != false) put_page(page);", {"GIVEN_SET GIVEN"}),
        ("if (ours == 1) put_page(page);", {"GIVEN GIVEN"}),
        ("if (ours > 0) put_page(page);", {"GIVEN GIVEN"}),
        ("if (ours && n) put_page(page);", {"GIVEN_SET GIVEN"}),
        ("if (ours || n) put_page(page);", {"GIVEN_SET GIVEN", "GIVEN_CLEAR GIVEN"}),
        ("if (n || !ours) return; put_page(page);", {"GIVEN_SET GIVEN"}),
        ("if (ours) n = 1; if (ours) put_page(page);", {"GIVEN_SET GIVEN"}),
        ("if (ours) return; if (ours) put_page(page);", set()),
        ("return; put_page(page);", set()),
        ("if (n) ours = 1; put_page(page);", {"SET GIVEN", "GIVEN GIVEN"}),
        ("ours = true; put_page(page);", {"SET GIVEN"}),
        ("ours = false; put_page(page);", {"CLEAR GIVEN"}),
        ("ours = 0; if (ours) put_page(page);", set()),
        ("ours = n; put_page(page);", {"OTHER GIVEN"}),
        ("ours = n; if (ours) put_page(page);", {"SET GIVEN"}),
        ("ours = 2; put_page(page);", {"OTHER GIVEN"}),
        ("ours |= 1; put_page(page);", {"OTHER GIVEN"}),
        ("ours++; put_page(page);", {"OTHER GIVEN"}),
        ("n && (ours = 0); put_page(page);", {"CLEAR GIVEN", "GIVEN GIVEN"}),
        ("page = NULL; put_page(page);", {"GIVEN NULL"}),
        ("page = NULL; if (page) put_page(page);", set()),
        ("if (!page) n = 1; put_page(page);", {"GIVEN GIVEN", "GIVEN NULL"}),
        ("page = part->page; put_page(page);", {"GIVEN OTHER"}),
        ("page++; put_page(page);", {"GIVEN OTHER"}),
        ("demo_take(ours); put_page(page);", {"GIVEN GIVEN"}),
        ("demo_unknown(ours); put_page(page);", {"OTHER GIVEN"}),
        ("demo_unknown(n, page); put_page(page);", {"GIVEN OTHER"}),
        ("WRITE_ONCE(ours, 1); put_page(page);", {"OTHER GIVEN"}),
        ("n = READ_ONCE(ours); put_page(page);", {"GIVEN GIVEN"}),
        ("while (n--) ours = 0; put_page(page);", {"GIVEN GIVEN", "CLEAR GIVEN"}),
        ("{ int ours = 1; n = ours; } put_page(page);", {"GIVEN GIVEN"}),
        ("demo_unknown(&ours); put_page(page);", None),
        ("#ifdef DEMO\nours = 1;\n#endif\nput_page(page);", None),
        ("demo_each(n) { ours = 1; } put_page(page);", {"GIVEN GIVEN", "SET GIVEN"}),
        ("demo_each(n, part) { ours = 1; } put_page(page);", {"GIVEN GIVEN", "SET GIVEN"}),
        ("demo_each(n) { put_page(page); page = NULL; }", {"GIVEN GIVEN", "GIVEN NULL"}),
        ("demo_each(page) { put_page(page); }", None),
        ("demo_each(page, n) { put_page(page); }", {"GIVEN OTHER"}),
        ("demo_each(n, part) { if (n) break; ours = 1; } put_page(page);", None),
        ("demo_each(n, part) ours = 1; put_page(page);", None),
        ("goto *table[n]; put_page(page);", None),
    ],
)
def test_two_parameters(body: str, states: set[str] | None) -> None:
    assert known(body, *VARIABLES) == states


@pytest.mark.parametrize(
    ("body", "states"),
    [
        ("put_page(part->page);", {"GIVEN GIVEN"}),
        ("if (part->ours) put_page(part->page);", {"GIVEN_SET GIVEN"}),
        ("if (part->next->ours) put_page(part->page);", {"GIVEN GIVEN"}),
        ("if (!part->page) return; if (part->ours) put_page(part->page);", {"GIVEN_SET GIVEN"}),
        # Another object, or the same with others in it: still a pair.
        ("if (part->ours) { part = part->next; put_page(part->page); }", {"GIVEN GIVEN"}),
        ("if (part->ours) { n = 1; put_page(part->page); }", {"GIVEN_SET GIVEN"}),
        ("if (part->ours) { part->next = part; put_page(part->page); }", {"GIVEN GIVEN"}),
        ("if (part->ours) { demo_take(n); put_page(part->page); }", {"GIVEN GIVEN"}),
        ("if (part->ours) { kunmap(page); put_page(part->page); }", {"GIVEN_SET GIVEN"}),
        ("if (part->ours) { swap(part->next, n); put_page(part->page); }", {"GIVEN GIVEN"}),
        ("if (part->ours) { (*fn)(n); put_page(part->page); }", {"GIVEN GIVEN"}),
        ("demo_unknown(&part->ours); put_page(part->page);", None),
        ("demo_unknown(&part->next->page); put_page(part->page);", None),
        ("demo_unknown(&part); put_page(part->page);", None),
    ],
)
def test_two_members(body: str, states: set[str] | None) -> None:
    assert known(body, *MEMBERS) == states


@pytest.mark.parametrize(
    ("body", "flag", "states"),
    [
        ("int local = 1; put_page(page);", "local", {"SET GIVEN"}),
        ("int local; put_page(page);", "local", {"OTHER GIVEN"}),
        ("static int local; put_page(page);", "local", None),
        ("demo_ours = 1; put_page(page);", "demo_ours", None),
    ],
)
def test_a_variable_that_is_no_parameter(body: str, flag: str, states: set[str] | None) -> None:
    assert known(body, Variable(flag), Variable("page")) == states


def test_a_page_without_a_name() -> None:
    assert known("if (ours) put_page(page);", Variable("ours"), None) == {"GIVEN_SET OTHER"}
    assert known("ours = 0; put_page(page);", Variable("ours"), None) == {"CLEAR OTHER"}
