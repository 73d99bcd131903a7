# SPDX-License-Identifier: GPL-2.0-only
"""A variable of a file by another name: in the initial value of another, or in a macro."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

CODE = """
int fill(unsigned long at, int n)
{
    struct page *page;

    if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
        return -14;
    memset(page_address(page), 0, 8);
    kept[n] = page;
    return 0;
}
void drop(int n)
{
    put_page(kept[n]);
}
"""
NEW = "alloc_page(GFP_KERNEL)"


def kinds(before: str, code: str) -> set[GapKind]:
    other = f"void other(int n)\n{{\n\t{code}\n}}\n"
    text = f"struct page *alloc_page(int);\nstatic struct page *kept[4];\n{before}\n{CODE}{other}"
    return {gap.kind for gap in only_group(text).gaps}


@pytest.mark.parametrize(
    "before",
    [
        "static struct page **all = kept;",
        "static struct page **all = &kept[1];",
        "static struct page **many[] = { kept };",
        "static struct { int n; struct page **all; } one = { 4, kept };",
        "static struct { int n; struct page **all; } one = { .all = kept };",
    ],
)
def test_a_variable_that_begins_as_the_array_is_seen(before: str) -> None:
    assert kinds(before, "n++;") == {GapKind.CODE_OUTSIDE_FUNCTION}


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("#define ALL kept", f"ALL[1] = {NEW};"),
        ("#define ALL (kept)", "put_page(ALL[1]);"),
        ("#define ALL kept", "struct page *page = ALL[1]; put_page(page);"),
        ("#define AT(n) kept[n]", f"AT(n) = {NEW};"),
        ("#define AT(n) kept[n]", "take(&AT(n));"),
    ],
)
def test_a_macro_that_stands_for_the_array_is_seen(before: str, code: str) -> None:
    assert GapKind.MACRO_NAMES_VARIABLE in kinds(before, code)


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("static int n = ARRAY_SIZE(kept), m = sizeof(kept);", "n++;"),
        ("#define AT(n) kept[n]", "lock_page(AT(n));"),
        ("#define AT(kept, n) ((kept)[n])", "n++;"),
        (
            "struct own { int kept; };\n#define AT(x) ((x)->kept)\nstatic struct own own;",
            "AT(&own) = 3;",
        ),
        ("#define ALL kept", "n++;"),
    ],
)
def test_what_names_it_and_changes_nothing_does_not_matter(before: str, code: str) -> None:
    assert kinds(before, code) == set()
