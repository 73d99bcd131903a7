# SPDX-License-Identifier: GPL-2.0-only
"""Structs in a union: what one has for a page may be what was stored in the other."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

USER = """
struct of_user {
    struct page *page;
    int n;
};
"""
CODE = """
int fill(struct of_user *user, unsigned long at)
{
    if (get_user_pages_fast(at, 1, FOLL_WRITE, &user->page) != 1)
        return -14;
    memset(page_address(user->page), 0, 8);
    return 0;
}
void drop(struct of_user *user)
{
    put_page(user->page);
}
"""


def kinds(types: str) -> set[GapKind]:
    return {gap.kind for gap in only_group(USER + types + CODE).gaps}


@pytest.mark.parametrize(
    "types",
    [
        "struct own { int x; struct page *mine; };"
        " struct both { union { struct of_user user; struct own own; } x; };",
        "struct own { struct page **pages; };"
        " struct both { union { struct of_user user; struct own own; }; };",
        "union both { struct of_user user; struct { struct page *mine; } own; };",
        "struct own { struct page *mine; }; struct outer { struct of_user user; };"
        " union both { struct outer outer; struct own own; };",
        "union both { struct of_user user; struct page *mine; };",
        "union both { struct of_user user; void *any; };",
        "union both { struct of_user user; struct of_user again; };",
        "union both { struct of_user user; struct page *mine[2]; };",
    ],
)
def test_a_struct_beside_pages_is_not_known(types: str) -> None:
    assert kinds(types) == {GapKind.SHARED_STORAGE}


@pytest.mark.parametrize(
    "types",
    [
        "struct own { unsigned long *numbers; void *any; };"
        " struct both { union { struct of_user user; struct own own; } x; };",
        "union both { struct of_user *user; struct page *mine; };",
        "struct both { struct of_user user; struct page *mine; };",
        "union both { struct of_user user; struct device *dev; long n; };",
        "struct both { union { struct { struct page *mine; } a; struct { void *at[2]; } b; }; };",
    ],
)
def test_a_struct_that_is_alone_with_its_pages_does_not_matter(types: str) -> None:
    assert kinds(types) == set()
