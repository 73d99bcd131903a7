# SPDX-License-Identifier: GPL-2.0-only
"""Which stores into an array are passed on the way to a call."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.reaching_stores import Members, Stored, reaching_stores
from migrate.analysis.ir.expressions import Member, Variable
from migrate.analysis.ir.instructions import Invoke
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
HEAD = """
#include <linux/mm.h>
struct list { struct page **pages; int ours; };
"""
LIST = Variable("list")
MEMBERS = Members(LIST, Member(LIST, "pages", True), Member(LIST, "ours", True))


def stores(body: str, members: Members | None = None, flag: Stored | None = None) -> str | None:
    """The values of the stores that are not before put_page(), or after which nobody sees the
    array with `flag`."""
    text = f"{HEAD}void demo(struct page *a, struct page *b, int n)\n{{\n{body}\n}}\n"
    program = program_of({HERE: text})
    source = program.source(HERE)
    assert source is not None
    facts = program.facts(source.functions[-1])
    found = reaching_stores(program, facts, Variable("pages"), members)
    if found is None:
        return None
    if flag is not None:
        places = found.not_with(flag)
    else:
        (release,) = (
            i
            for i in facts.lowered.order
            if isinstance(i, Invoke) and i.callee == Variable("put_page")
        )
        places = found.not_before(release)
    lines = text.splitlines()
    return "".join(
        sorted(lines[p.line - 1][p.column :].split(";")[0].split("= ")[1] for p in places)
    )


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("struct page *pages[2]; pages[0] = a; put_page(pages[0]); pages[1] = b;", "b"),
        ("struct page *pages[2]; if (n) pages[0] = a; else pages[0] = b; put_page(*pages);", ""),
        ("struct page *pages[2]; if (n) { pages[0] = a; return; } *pages = b; put_page(b);", "a"),
        ("struct page *pages[2]; while (n--) { put_page(a); pages[n] = a; }", ""),
        ("struct page *pages[2]; *(pages + 1) = a; return; put_page(a);", "a"),
        ("struct page **pages = kmalloc(n, GFP_KERNEL); if (n) pages[0] = a; else put_page(b);",
         "a"),
        ("struct page **pages = demo_of(n); put_page(b); pages[0] = a;", None),
        ("static struct page *pages[2]; put_page(b); pages[0] = a;", None),
        ("struct page *pages[2]; demo_use(&pages); put_page(b); pages[0] = a;", None),
        ("struct page *pages[2]; put_page(b); demo_each(n) { n++; } pages[0] = a;", "a"),
        ("struct page *pages[2]; demo_each(n) { put_page(b); pages[0] = a; }", ""),
        ("struct page *pages[2]; demo_each(n, b) { put_page(b); pages[0] = a; }", ""),
        ("struct page *pages[2]; put_page(b); demo_each(n) { pages[0] = a; }", "a"),
        ("struct page *pages[2]; put_page(b); demo_each(pages) { pages[0] = a; }", None),
        ("struct page *pages[2]; demo_each(n) { put_page(b); break; } pages[0] = a;", None),
        ("struct page *pages[2]; demo_each(n) { if (n) return; } put_page(b); *pages = a;", "a"),
        ("struct page *pages[2]; demo_each(n) n++; put_page(b); pages[0] = a;", None),
        ("struct page *pages[2]; put_page(b);\n#ifdef X\npages[0] = a;\n#endif\n", None),
    ],
)  # fmt: skip
def test_a_store_that_is_not_before_a_call(body: str, missing: str | None) -> None:
    assert stores(body) == missing


ARRAY = "struct list *list = kmalloc(n, GFP_KERNEL); struct page *pages[2]; "


@pytest.mark.parametrize(
    ("body", "unset", "clear"),
    [
        ("list->pages = pages; list->ours = 0; if (n) *pages = a; else { list->ours = 1; "
         "*pages = b; }", "a", "b"),
        ("list->pages = pages; if (n) *pages = a; else { list->ours = 1; *pages = b; }", "", "b"),
        ("list->ours = 0; list->pages = pages; *pages = a; list->ours = 1; *pages = b;", "",
         "ab"),
        ("list->ours = 0; if (n) { *pages = a; return; } *pages = b; list->pages = pages;",
         "", ""),
        ("list->pages = pages; list->ours = n; *pages = a;", "", ""),
        ("list->pages = pages; list->ours = 0; list->ours |= n; *pages = a;", "", ""),
        ("list->pages = pages; list->ours = 0; *pages = a; list->pages = NULL; *pages = b;", "",
         ""),
    ],
)  # fmt: skip
def test_a_store_that_nobody_sees_with_the_flag(body: str, unset: str, clear: str) -> None:
    assert stores(ARRAY + body, MEMBERS, Stored.SET) == unset
    assert stores(ARRAY + body, MEMBERS, Stored.CLEAR) == clear


def test_more_ways_than_can_be_kept_apart() -> None:
    body = "struct page *pages[9]; put_page(a); "
    few, many = ("".join(f"if (n) pages[{i}] = b; " for i in range(n)) for n in (3, 9))
    assert stores(body + few) == "bbb"
    assert stores(body + many) is None


def test_the_object_is_set_once() -> None:
    body = ARRAY + "list->pages = pages; list->ours = 0; *pages = a; list = demo_next(list);"
    assert stores(body, MEMBERS, Stored.SET) is None
