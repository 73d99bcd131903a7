# SPDX-License-Identifier: GPL-2.0-only
"""Calls that are compiled for other kernels only."""

from __future__ import annotations

import pytest

from migrate.analysis.model import TraitKind
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
OLD = "get_user_pages(current, current->mm, at, 1, 1, 0, pages, NULL)"
NEW = "get_user_pages(at, 1, FOLL_WRITE, pages, NULL)"
CODE = """
int demo_get(unsigned long at, struct page **pages)
{{
	int n;

{body}
	return n;
}}
"""
VARIANTS = f"#ifdef HAVE_GUP_8ARGS\n\tn = {OLD};\n#else\n\tn = {NEW};\n#endif"


def left(body: str, top: str = "", **more: str) -> list[bool]:
    files = {HERE: top + CODE.format(body=body)}
    files |= {f"drivers/demo/{name}.h": text for name, text in more.items()}
    groups = pairing_of(files).groups
    return [group.has(TraitKind.FOR_OTHER_VERSIONS) for group in groups]


def test_a_call_with_more_arguments_than_here() -> None:
    assert left(VARIANTS) == [True, False]


@pytest.mark.parametrize(
    ("body", "top", "header"),
    [
        (f"\tn = {OLD};", "", ""),
        (VARIANTS, "#define get_user_pages(...) demo_user_pages(__VA_ARGS__)\n", ""),
        (VARIANTS, "#define get_user_pages demo_user_pages\n", ""),
        (VARIANTS, "", "#define get_user_pages demo_user_pages\n"),
        (VARIANTS, "", "static inline int get_user_pages(int a) { return a; }\n"),
        (
            "#ifdef HAVE_ARGS\n\tn = get_user_pages(DEMO_ARGS, pages);\n#else\n\tn = 0;\n#endif",
            "",
            "",
        ),
    ],
    ids=["always", "macro", "name", "header", "function", "few"],
)
def test_it_may_be_compiled_here(body: str, top: str, header: str) -> None:
    assert not any(left(body, '#include "own.h"\n' + top, own=header))


FEW = f"#ifdef HAVE_GUP_4ARGS\n\tn = get_user_pages({{}});\n#else\n\tn = {NEW};\n#endif"


@pytest.mark.parametrize(
    "listed",
    [
        "at, 1, FOLL_WRITE, pages",
        "at & PAGE_MASK, n, n ? FOLL_WRITE : 0, &pages[0]",
        "at, n + 1, 0, pages",
    ],
)
def test_a_call_with_fewer_arguments_than_here(listed: str) -> None:
    assert left(FEW.format(listed)) == [True, False]


@pytest.mark.parametrize(
    "listed",
    [
        "at, 1, DEMO_FLAGS, pages",
        "at, 1, DEMO_FLAGS(0), pages",
        "DEMO_WHERE, 1, 0, pages",
        "at, 1, 0, demo->pages",
    ],
)
def test_an_argument_may_stand_for_several(listed: str) -> None:
    assert not any(left(FEW.format(listed)))
