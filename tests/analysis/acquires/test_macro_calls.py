# SPDX-License-Identifier: GPL-2.0-only
"""Macros that do nothing but call GUP: each use is an acquire, or none is."""

from __future__ import annotations

import pytest

from migrate.analysis.acquires.macro_calls import macro_calls
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire
from migrate.kernel.signatures import Parameter, Signature

ROLES = ("start", "nr_pages", "gup_flags", "pages")
FAMILY = {
    "get_user_pages_fast": Signature(
        "get_user_pages_fast", "int", tuple(Parameter("", role) for role in ROLES), "mm.h"
    )
}
PLAIN = "#define grab(s, n, f, p) get_user_pages_fast(s, n, f, p)\n"
USE = "int go(unsigned long a)\n{\n\tstruct page *page;\n\n\treturn grab(a, 1, 0, &page);\n}\n"


def found(text: str, path: str = "drivers/demo/demo.c") -> tuple[Acquire, ...]:
    return macro_calls(parse(path, text.encode()), "grab", FAMILY)


def test_a_use_is_an_acquire_where_it_stands() -> None:
    (acquire,) = found(PLAIN + USE)
    assert (acquire.place.line, acquire.function) == (6, "go")
    assert (acquire.name, acquire.macro) == ("get_user_pages_fast", "grab")
    assert (acquire.arguments, acquire.roles) == (("a", "1", "0", "&page"), ROLES)
    assert acquire.inside is not None
    assert (acquire.inside.line, acquire.inside.column) == (1, 25)


@pytest.mark.parametrize(
    ("macro", "use", "roles"),
    [
        ("(p, s) get_user_pages_fast((s), 1, 0, (p))", "grab(&page, a)", ("pages", "start")),
        ("(s, p) \\\n\tget_user_pages_fast(s, 1, 0, p)", "grab(a, &page)", ("start", "pages")),
        ("(s, n, p) get_user_pages_fast(s + n, n, 0, p)", "grab(a, 1, &page)", None),
    ],
)
def test_a_role_is_that_of_what_is_handed_on_as_it_is(
    macro: str, use: str, roles: tuple[str, ...] | None
) -> None:
    (acquire,) = found(f"#define grab{macro}\n" + USE.replace("grab(a, 1, 0, &page)", use))
    assert acquire.roles == (roles or ("", "nr_pages", "pages"))


def test_each_use_is_one() -> None:
    assert len(found(PLAIN + USE + USE.replace("go(", "go_on("))) == 2


@pytest.mark.parametrize(
    "text",
    [
        # More than the call, or another one.
        PLAIN.replace("p)\n", "p) == n\n") + USE,
        PLAIN.replace("get_user", "count++, get_user") + USE,
        PLAIN.replace("get_user_pages_fast", "other") + USE,
        PLAIN.replace("(s, n, f, p)\n", "(s, n, f, page_##p)\n") + USE,
        PLAIN.replace("(s, n, f, p)\n", "(s, n, f, NULL)\n") + USE,
        PLAIN.replace("(s, n, f, p)\n", "(s, n, p)\n") + USE,
        # Two definitions, or an end of it.
        PLAIN + "#ifdef OLD\n" + PLAIN.replace("_fast", "_old") + "#endif\n" + USE,
        PLAIN + USE + "#undef grab\n",
        # A use that is none, or that is not seen.
        PLAIN + USE + "#define grab_one(s, p) grab(s, 1, 0, p)\n",
        PLAIN + USE + "int (*grabs)(void) = grab;\n",
        PLAIN,
    ],
)
def test_anything_else_is_left_to_be_named(text: str) -> None:
    assert found(text) == ()


def test_a_macro_of_a_header_may_be_used_anywhere() -> None:
    assert found(PLAIN + USE, "drivers/demo/demo.h") == ()
