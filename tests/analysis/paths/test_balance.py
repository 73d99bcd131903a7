# SPDX-License-Identifier: GPL-2.0-only
"""References that a function drops on every way, and what is said where it does not."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Acquire, Place
from migrate.analysis.program.program import Program
from migrate.analysis.traits.balanced import Balance, Balanced
from tests.analysis.memory import tree_of

PATH = "drivers/a/a.c"
HEAD = """\
long take(struct iov_iter *iter, struct page ***pages, unsigned long most, unsigned long *start);
long fill(struct iov_iter *iter, struct page **pages, unsigned long most, unsigned n, long *start);

static void drop(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

static struct page **hand_back(struct page **pages)
{
	return pages;
}

static void drop_some(struct page **pages, int nr)
{
	int n = 0;

	while (n < nr / 2)
		n++;
	release_pages(pages, n);
}

long f(struct iov_iter *iter, int flag, struct other *other)
{
	struct page **pages = NULL;
	unsigned long start;
	long got;
	int i;

"""
TAKE = "got = take(iter, &pages, 1, &start);"


def asked_of(text: str, asks: str) -> tuple[dict[Place, str], tuple[Balanced, ...]]:
    """What is said of the calls of take() in `text`."""
    program = Program(tree_of({PATH: text.encode()}))
    source = program.source(PATH)
    assert source is not None
    calls = [
        Acquire(c.place, f.name, c.name, c.sources, (), c.text)
        for f in source.functions
        for c in program.facts(f).calls
        if c.name == "take"
    ]
    reasons, made = Balance(program, asks).of(calls)
    assert len(reasons) + sum(len(b.acquires) for b in made) == len(calls) > 0
    return reasons, made


def answer(body: str, more: str = "", asks: str = "will_pin") -> str:
    """What is said of the one call of take() in f(), "" when all is well."""
    reasons, _ = asked_of(HEAD + body.replace("TAKE", TAKE) + "}\n" + more, asks)
    return next(iter(reasons.values()), "")


CHECKED = "TAKE if (got <= 0) return got; "


@pytest.mark.parametrize(
    "body",
    [
        CHECKED + "drop(pages, got); kvfree(pages); return 0;",
        "TAKE if (got < 0) goto out; drop(pages, got); out: kvfree(pages); return got;",
        "TAKE if (got > 0) { drop(pages, got); kvfree(pages); } return 0;",
        "TAKE if (unlikely(got < 0)) return got; for (i = 0; i < got; i++) put_page(pages[i]);"
        " return 0;",
        CHECKED + "i = got; while (i--) other->x = 1; drop(pages, got); return 0;",
        CHECKED + "i = 0; while (i < got) put_page(pages[i++]); return 0;",
        CHECKED + "for (i = 0; i < got; i++) look(pages[i]);"
        " for (i = 0; i < got; i++) put_page(pages[i]); return 0;",
        "while (flag) { TAKE if (got <= 0) break; i = 0; while (i < got) put_page(pages[i++]); }"
        " return 0;",
        CHECKED + "if (flag) { drop(pages, got); return 1; } drop(pages, got); return 0;",
        "while (flag) { TAKE if (got < 0) break; look(pages[0]); drop(pages, got); } return 0;",
        # What is asked of the iterator, before the release and around the loop.
        CHECKED + "if (will_pin(iter)) drop(pages, got); return 0;",
        CHECKED + "for (i = 0; i < got; i++) if (will_pin(iter)) put_page(pages[i]); return 0;",
        CHECKED + "struct page *page = pages[0]; keep(page); drop(pages, got); return 0;",
        # A type among the arguments of a call is not understood, and does not matter.
        CHECKED + "i = min_t(unsigned int, got, 5); drop(pages, got); return 0;",
    ],
)
def test_dropped_on_every_way(body: str) -> None:
    assert answer(body) == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (CHECKED + "kvfree(pages); return 0;", "does not drop them itself"),
        (CHECKED + "put_page(pages[i]); return 0;", "does not drop them itself"),
        (CHECKED + "put_page(pages[other->last]); return 0;", "does not drop them itself"),
        (
            CHECKED + "for (i = 0; i < got; i++) put_page(pages[other->last]); return 0;",
            "does not drop them itself",
        ),
        (CHECKED + "if (flag) return 1; drop(pages, got); return 0;", "is left at"),
        (CHECKED + "if (flag) drop(pages, got); return 0;", "is left at"),
        (CHECKED + "if (other_asks(iter)) drop(pages, got); return 0;", "is left at"),
        ("TAKE return got;", "does not drop them itself"),
        ("TAKE if (flag) drop(pages, got); return 0;", "is left at"),
        ("TAKE TAKE drop(pages, got); return 0;", "the address of pages goes to take()"),
        ("while (flag) { TAKE if (got < 0) break; } drop(pages, 1); return 0;", "called again"),
        ("TAKE got = 0; drop(pages, got); return 0;", "is overwritten at"),
        (CHECKED + "pages++; drop(pages, got); return 0;", "is moved at"),
        (CHECKED + "pages[0] = other->page; drop(pages, got); return 0;", "pages from elsewhere"),
        (CHECKED + "change(pages); drop(pages, got); return 0;", "which may change it"),
        (CHECKED + "keep(&pages); drop(pages, got); return 0;", "the address of pages goes to"),
        # By another pointer to it, or to a place in it.
        (CHECKED + "other->pages = pages; drop(pages, got); return 0;", "others may put pages"),
        (CHECKED + "other->pages = pages + 1; drop(pages, got); return 0;", "others may put pages"),
        (CHECKED + "other->pages = &pages[1]; drop(pages, got); return 0;", "others may put pages"),
        (CHECKED + "other->all = &pages; drop(pages, got); return 0;", "others may put pages"),
        (
            CHECKED + "other->pages = flag ? pages : 0; drop(pages, got); return 0;",
            "others may put",
        ),
        (
            CHECKED + "struct page **p = pages; p[0] = other->page; drop(pages, got); return 0;",
            "others may put pages",
        ),
        (
            CHECKED + "struct holder near = { pages }; keep(&near); drop(pages, got); return 0;",
            "others may put pages",
        ),
        (CHECKED + "change(pages + 1); drop(pages, got); return 0;", "which may change it"),
        (CHECKED + "change(&pages[1]); drop(pages, got); return 0;", "which may change it"),
        (CHECKED + "hand_back(pages)[0] = 0; drop(pages, got); return 0;", "which may change it"),
        (CHECKED + "iter = other->iter; drop(pages, got); return 0;", "has several iterators"),
        (CHECKED + "keep(&iter); drop(pages, got); return 0;", "hands out the address of iter"),
        (CHECKED + "iov_iter_init(iter, 0, 0, 0, 0); drop(pages, got); return 0;", "makes another"),
        (CHECKED + "for (i = 1; i < got; i++) put_page(pages[i]); return 0;", "does not drop"),
        (
            CHECKED + "for (i = 0; i < got; i++) { if (flag) break; put_page(pages[i]); }"
            " return 0;",
            "is left at",
        ),
        # Pages before the one that the loop begins with, or behind the last one, stay elsewhere.
        (
            CHECKED + "for (i = 0; i < got; i++) if (!add(other, pages[i])) break;"
            " while (i < got) put_page(pages[i++]); return 0;",
            "does not drop",
        ),
        (
            CHECKED + "if (flag) i = 0; else for (i = 0; i < got; i++) add(other, pages[i]);"
            " while (i < got) put_page(pages[i++]); return 0;",
            "does not drop",
        ),
        (
            CHECKED + "for (i = 0; i < got; i++) if (!add(other, pages[i])) break;"
            " while (i--) put_page(pages[i]); return 0;",
            "does not drop",
        ),
        (
            CHECKED + "flag = 0; while (flag < got && add(other, pages[flag])) flag++;"
            " for (i = 0; i < flag; i++) put_page(pages[i]); return 0;",
            "does not drop",
        ),
        (
            CHECKED + "for (i = 0; i < got; i++) if (!add(other, pages[i])) break;"
            " drop(pages, i); return 0;",
            "does not drop",
        ),
        (CHECKED + "while (flag < got) put_page(pages[flag++]); return 0;", "does not drop"),
        (CHECKED + "drop_some(pages, got); return 0;", "does not drop"),
        (
            "i = 0; while (flag) { TAKE if (got <= 0) break;"
            " while (i < got) put_page(pages[i++]); } return 0;",
            "does not drop",
        ),
        ("got = take(other->iter, &pages, 1, &start); return 0;", "is no plain variable"),
        ("got = take(iter, &other->pages, 1, &start); return 0;", "other->pages gets them at"),
    ],
)
def test_what_stops_it(body: str, why: str) -> None:
    assert why in answer(body)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (
            "for (i = 0; i < got; i++) add(other, pages[i]); return 0;",
            "add() gets them at drivers/a/a.c:",
        ),
        ("other->page = pages[0]; return 0;", "other->page gets them at drivers/a/a.c:"),
        (
            "page = pages[0]; look(page); other->page = page; return 0;",
            "look() gets them at drivers/a/a.c:",
        ),
        ("page = *pages; other->page = page; return 0;", "other->page gets them at drivers/a/a.c:"),
        (
            "sg_set_page(other, pages[0], 1, 0); return 0;",
            "sg_set_page() gets them at drivers/a/a.c:",
        ),
    ],
)
def test_where_they_go_is_said(body: str, where: str) -> None:
    said = answer(f"struct page *page; {CHECKED}{body}")
    assert f"does not drop them itself: {where}" in said
    assert said.endswith("and their release has to find out there whether they are pinned")


@pytest.mark.parametrize(
    "body",
    [
        CHECKED + "flush_dcache_page(pages[0]); return 0;",
        CHECKED + "page = pages[0]; return 0;",
        CHECKED + "near.page = pages[0]; return 0;",
        # The same variable with a page of another, before.
        "page = other->page; other->next = page; pages = &page; " + CHECKED + "return 0;",
    ],
)
def test_no_place_is_said_of_what_does_not_leave(body: str) -> None:
    said = answer(f"struct page *page; struct other near; {body}")
    assert said.endswith("does not drop them itself")


def test_who_drops_pages_of_others_stops_it() -> None:
    body = CHECKED + "drop(pages, got); return 0;"
    others = "void g(struct page **pages) { drop(pages, 1); }\n"
    assert "drops pages from elsewhere, too" in answer(body, others)


def test_two_that_share_a_release_go_together() -> None:
    body = CHECKED + "drop(pages, got); return 0;"
    other = HEAD[HEAD.index("long f(") :].replace("long f(", "long g(")
    assert answer(body, other + body.replace("TAKE", TAKE) + "}\n") == ""


TAKER = """\
static long get(struct iov_iter *from, struct page ***pages, int *held)
{
	unsigned long start;
	long n;

	if (from->own) {
		*pages = own_pages(from);
		OWN
		return 1;
	}
	n = take(from, pages, 1, &start);
	if (n < 0)
		return n;
	HELD
	return n;
}

long g(struct iov_iter *it, struct iov_iter *other)
{
	struct page **mine = NULL;
	int held = 0;
	long n = get(it, &mine, &held);

	if (n < 0)
		return n;
	BODY
	kvfree(mine);
	return 0;
}
"""
DONE = CHECKED + "drop(pages, got); return 0;"


def lifted(own: str, held: str, body: str) -> str:
    text = TAKER.replace("OWN", own).replace("HELD", held).replace("BODY", body)
    return answer(DONE, text.replace("drop(", "let_go(") + RELEASER)


RELEASER = """\
void let_go(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}
"""


def test_the_caller_drops_what_it_is_told_is_held() -> None:
    assert lifted("*held = 0;", "*held = 1;", "if (held) drop(mine, n);") == ""


@pytest.mark.parametrize(
    ("own", "held", "body", "why"),
    [
        ("*held = 1;", "*held = 1;", "if (held) drop(mine, n);", "pages from elsewhere"),
        ("", "*held = 1;", "if (held) drop(mine, n);", "pages from elsewhere"),
        ("*held = 0;", "", "if (held) drop(mine, n);", "pages from elsewhere"),
        (
            "if (from->all) {\n*held = 1;\nreturn 2;\n}\n*held = 0;",
            "*held = 1;",
            "if (held) drop(mine, n);",
            "pages from elsewhere",
        ),
        (
            "*held = 0;",
            "if (from->late)\nreturn n;\n*held = 1;",
            "if (held) drop(mine, n);",
            "pages from elsewhere",
        ),
        ("*held = 0;", "*held = 1;", "drop(mine, n);", "pages from elsewhere may be dropped"),
        ("*held = 0;", "*held = 1;", "held = 1; if (held) drop(mine, n);", "not kept in one"),
        ("*held = 0;", "*held = 1;", "if (other) drop(mine, n);", "pages from elsewhere may be"),
        ("*held = 0;", "*held = 1;", "if (held && other) drop(mine, n);", "is left at"),
    ],
)
def test_a_caller_that_does_not(own: str, held: str, body: str, why: str) -> None:
    assert why in lifted(own, held, body)


def test_each_caller_has_its_own_statement_that_drops_them() -> None:
    """With the iterator that the pages come from there."""
    taker = TAKER.replace("OWN", "*held = 0;").replace("HELD", "*held = 1;")
    taker = taker.replace("BODY", "if (held) drop(mine, n);")
    second = taker[taker.index("long g(") :].replace("long g(", "long h(")
    text = (
        HEAD[: HEAD.index("long f(")]
        + taker
        + second.replace("(struct iov_iter *it,", "(struct iov_iter *again,").replace(
            "get(it,", "get(again,"
        )
    )
    reasons, (made,) = asked_of(text, "will_pin")
    assert reasons == {}
    assert [(g.function, g.name, g.iterator) for g in made.guards] == [
        ("g", "drop", "it"),
        ("h", "drop", "again"),
    ]


CHANGES = {
    "stores": "pages[0] = NULL;",
    "stores by a pointer": "*(pages + nr) = NULL;",
    "stores by a name": "struct page **same = pages; same[0] = NULL;",
    "keeps": "kept = pages;",
    "keeps its address": "struct page ***to = &pages; **to = NULL;",
    "returns": "return pages;",
    "passes on": "change(pages + 1, nr - 1);",
    "passes on behind a number": "change(nr, pages);",
    "goes who knows where": "void *to = kept; goto *to;",
    "calls itself": "touch(pages, nr - 1);",
}
LOOKS = {
    "counts": "int n = 0; while (n < nr) n++;",
    "looks": "look(pages[0]);",
    "takes one": "struct page *page = pages[0]; look(page);",
    "stores elsewhere": "other[0] = pages[0];",
    "passes on": "look_at(pages, nr);",
}
TOUCH = """\
static struct page **kept, **other;
static void look_at(struct page **all, int nr) { look(all[0]); }
static struct page **touch(struct page **pages, int nr)
{
	BODY
	return NULL;
}
"""


def touched(body: str) -> str:
    return answer(
        CHECKED + "touch(pages, got); drop(pages, got); return 0;", TOUCH.replace("BODY", body)
    )


@pytest.mark.parametrize("body", CHANGES.values(), ids=list(CHANGES))
def test_a_function_that_may_change_the_array(body: str) -> None:
    assert "pages goes to touch(), which may change it" in touched(body)


@pytest.mark.parametrize("body", LOOKS.values(), ids=list(LOOKS))
def test_a_function_that_only_looks_at_the_array(body: str) -> None:
    assert touched(body) == ""
