# SPDX-License-Identifier: GPL-2.0-only
"""Preprocessor conditionals between parentheses, and which of them are settled."""

from __future__ import annotations

import pytest

from migrate.analysis.acquires.finder import find_acquires
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.settled import settled
from migrate.analysis.gaps import GapKind
from migrate.kernel.signatures import Parameter, Signature
from tests.analysis.memory import only_group

NAMES = ("start", "nr_pages", "gup_flags", "pages", "vmas")
PROTOTYPE = Signature("get_user_pages", "long", tuple(Parameter("long", n) for n in NAMES), "")
FAMILY = {"get_user_pages": PROTOTYPE}
SIX_ONE = Release((6, 1, 90), {"get_user_pages": 5})

CALL = """\
int demo_take(unsigned long at, struct page **pages)
{
	return get_user_pages(
%s
		);
}
"""
OLD = "#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)\ncurrent, current->mm,\n#endif\n"
FLAGS = "#ifdef DEMO_OLD\n1, 0,\n#else\nFOLL_WRITE,\n#endif\n"
NESTED = """at, 1,
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 9, 0)
# ifdef DEMO_X
1, 0,
# else
1,
# endif
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
FOLL_WRITE,
#else
0,
#endif
pages, NULL"""
ARGUMENTS = {
    "by the version": (f"{OLD}at, 1, 0, pages, NULL", ("at", "1", "0", "pages", "NULL")),
    "by how many there are": (
        f"at, 1, {FLAGS.strip()}\npages, NULL".replace("1, #", "1,\n#"),
        ("at", "1", "FOLL_WRITE", "pages", "NULL"),
    ),
    "by both": (
        f"{OLD}at, 1,\n{FLAGS}pages, NULL",
        ("at", "1", "FOLL_WRITE", "pages", "NULL"),
    ),
    "inside of each other": (NESTED, ("at", "1", "FOLL_WRITE", "pages", "NULL")),
    "before a comma": (
        "at, 1, 0, pages\n#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)\n, NULL\n#endif",
        ("at", "1", "0", "pages", "NULL"),
    ),
    "with a comment": (
        "at, 1, /* how (many, */\n# ifndef DEMO_OLD /* , */\n0, // )\n# else\n1, 0,\n# endif\n"
        "pages, NULL",
        ("at", "1", "0", "pages", "NULL"),
    ),
}


@pytest.mark.parametrize("why", ARGUMENTS)
def test_the_arguments_of_this_tree(why: str) -> None:
    inside, arguments = ARGUMENTS[why]
    text = (CALL % inside).encode()
    assert len(settled(text, SIX_ONE)) == len(text)
    source = parse("a.c", text, release=SIX_ONE)
    (acquire,) = find_acquires(source, FAMILY).acquires
    assert acquire.arguments == arguments
    assert acquire.place.line == 3


def test_a_list_that_is_too_long_whatever_holds() -> None:
    inside = "current, current->mm, at, 1,\n#ifdef DEMO_OLD\n1, 0,\n#else\n1,\n#endif\npages, NULL"
    source = parse("a.c", (CALL % inside).encode(), release=SIX_ONE)
    (acquire,) = find_acquires(source, FAMILY).acquires
    assert len(acquire.arguments) > len(NAMES)


OPEN = {
    "one too long, one too short": "at,\n#ifdef DEMO_OLD\n1, 2, 3, 4,\n#endif\npages, 0",
    "two choices that fit": "at, 1,\n#ifdef DEMO_OLD\n1,\n#else\n0,\n#endif\npages, NULL",
    "none that fits": "at,\n#ifdef DEMO_OLD\n1,\n#endif\npages",
    "a side that closes the list": "at, 1,\n#ifdef DEMO_OLD\n0, pages, NULL)\n#else\n1, 0,\n#endif",
    "a block inside": "at, ({ 1; }),\n#ifdef DEMO_OLD\n1, 0,\n#else\n0,\n#endif\npages, NULL",
    "another directive": "at,\n#define N 1\nN,\n#ifdef O\n1, 0,\n#else\n0,\n#endif\npages, NULL",
    "too many conditions": "".join(f"#ifdef A{n}\n{n},\n#endif\n" for n in range(5)),
}


@pytest.mark.parametrize("why", OPEN)
def test_what_nobody_can_say_stays(why: str) -> None:
    text = (CALL % OPEN[why]).encode()
    assert settled(text, SIX_ONE) == text


@pytest.mark.parametrize(
    "text",
    [
        "void f(int a)\n{\n\tif (a\n#ifdef X\n\t    && b\n#endif\n\t    )\n\t\tg();\n}\n",
        "void f(int a)\n{\n\tg(a)\n#if LINUX_VERSION_CODE > 10\n\t;\n#endif\n}\n",
        "void f(void)\n{\n\th(a,\n#ifdef X\n\t  b,\n#else\n\t  c, d,\n#endif\n\t  e);\n}\n",
    ],
)
def test_only_calls_of_gup_are_settled_by_their_arguments(text: str) -> None:
    assert settled(text.encode(), SIX_ONE) == text.encode()


def test_the_version_settles_every_list() -> None:
    text = b"void f(void)\n{\nif (a\n#if LINUX_VERSION_CODE < 10\n&& b\n#endif\n)\ng();\n}\n"
    assert parse("a.c", text).root.has_error
    assert not parse("a.c", text, release=SIX_ONE).root.has_error
    assert b"&&" not in settled(text, SIX_ONE)


@pytest.mark.parametrize(
    "text",
    [b"(\n#if 0\n" * 3000, b"f(a,\n#if 0\n" * 200 + b"#endif\n" * 200, b"#endif\n)\n(\n#if 1"],
)
def test_text_that_is_no_c_does_no_harm(text: bytes) -> None:
    assert len(settled(text, SIX_ONE)) == len(text)


PROGRAM = """
struct demo {{
	struct page *page;
}};

int demo_fill(struct demo *demo, unsigned long addr)
{{
	if (get_user_pages_fast(addr, 1,
#ifdef DEMO_OLD
				1, {more}
#else
				FOLL_WRITE,
#endif
				&demo->page) != 1)
		return -EFAULT;
	memset(page_address(demo->page), 0, 64);
	return 0;
}}

void demo_end(struct demo *demo)
{{
	put_page(demo->page);
}}
"""


@pytest.mark.parametrize("more", ["0,", ""])
def test_a_group_with_a_conditional_list(more: str) -> None:
    group = only_group(PROGRAM.format(more=more))
    assert ({GapKind.ACQUIRE_ARGUMENTS_UNCLEAR} <= {g.kind for g in group.gaps}) == (not more)
    assert bool(group.releases) == bool(more)
