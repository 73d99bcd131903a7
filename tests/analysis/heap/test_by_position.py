# SPDX-License-Identifier: GPL-2.0-only
"""Pages that an initialiser puts into a struct without naming the member."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from tests.analysis.memory import only_group

START = """
struct slot {
    struct page *page;
    struct device *dev;
    int kind;
};
struct demo {
    struct slot slots[4];
    int nr;
};
int demo_fill(struct demo *demo, unsigned long at, int n)
{
    struct page *page;

    if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
        return -14;
    memset(page_address(page), 0, 8);
    demo->slots[n].page = page;
    return 0;
}
void demo_drop(struct demo *demo, int n)
{
    put_page(demo->slots[n].page);
}
"""
NEW = "alloc_page(GFP_KERNEL)"


def kinds(code: str) -> set[GapKind]:
    text = f"{START}\nvoid other(struct demo *demo, struct device *dev)\n{{\n\t{code}\n}}\n"
    return {gap.kind for gap in only_group(text).gaps}


@pytest.mark.parametrize(
    "code",
    [
        f"struct slot slot = {{ {NEW}, NULL }}; demo->slots[0] = slot;",
        f"struct slot two[2] = {{ {{ NULL }}, {{ {NEW}, dev }} }}; demo->slots[0] = two[1];",
        f"struct demo all = {{ {{ {{ {NEW} }} }} }}; demo_drop(&all, 0);",
        f"struct demo all = {{ .slots = {{ {{ {NEW} }} }} }}; demo_drop(&all, 0);",
        f"demo->slots[1] = (struct slot){{ {NEW}, dev, 1 }};",
        "unsigned long word = other(dev); struct slot slot = { word }; demo->slots[0] = slot;",
    ],
)
def test_what_may_be_a_page_at_the_place_of_the_member_is_seen(code: str) -> None:
    assert kinds(code) == {GapKind.CODE_UNCLEAR}


@pytest.mark.parametrize(
    "code",
    [
        f"struct slot slot = {{ page: {NEW} }}; demo->slots[0] = slot;",
        f"struct slot slot = {{ .page = {NEW} }}; demo->slots[0] = slot;",
        f"demo->slots[1] = (struct slot){{ .page = {NEW} }};",
    ],
)
def test_what_is_given_to_the_member_by_its_name_is_seen(code: str) -> None:
    assert kinds(code) == {GapKind.FROM_OTHER_CALL}


@pytest.mark.parametrize(
    "code",
    [
        "struct slot slot = { NULL, dev, 3 }; demo->slots[0] = slot;",
        "struct slot slot = { 0 }; demo->slots[0] = slot;",
        "struct slot slot = { .dev = dev, .kind = demo->nr }; demo->slots[0] = slot;",
        "struct slot *all[] = { &demo->slots[0], demo->slots }; all[0]->kind = 2;",
        "struct demo *all[] = { demo }; all[0]->nr = 2;",
        "demo->slots[1] = (struct slot){ NULL, dev };",
        f"struct page *own[] = {{ {NEW} }}; __free_page(own[0]);",
    ],
)
def test_what_is_no_page_or_no_such_struct_does_not_matter(code: str) -> None:
    assert kinds(code) == set()


@pytest.mark.parametrize(
    "code",
    [
        f"typeof(demo->slots[0]) slot = {{ {NEW} }}; demo->slots[0] = slot;",
        f"const struct slot a = {{ }}, b = {{ {NEW} }}; demo->slots[0] = b;",
        f"static struct slot two[] = {{ {{ {NEW} }} }}; demo->slots[0] = two[0];",
        f"demo->slots[1] = *(struct slot [1]){{ {{ {NEW} }} }};",
        f"struct slot slot /* of the page */\n\t\t= {{\n{NEW} }}; demo->slots[0] = slot;",
    ],
)
def test_however_the_type_is_written(code: str) -> None:
    assert kinds(code) == {GapKind.CODE_UNCLEAR}
