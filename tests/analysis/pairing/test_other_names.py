# SPDX-License-Identifier: GPL-2.0-only
"""Storage of pages under names that its type does not show: through void pointers and numbers, by
the result of a function, by a word that a macro makes a member of."""

from __future__ import annotations

import pytest

from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import only_group

START = """
struct demo {
    struct page **pages;
    int nr;
    struct page *first;
    unsigned long cookie;
    struct xarray table;
};
int demo_start(struct demo *demo, unsigned long start)
{
    int i;

    demo->nr = get_user_pages_fast(start, demo->nr, FOLL_WRITE, demo->pages);
    for (i = 0; i < demo->nr; i++)
        memset(page_address(demo->pages[i]), 0, PAGE_SIZE);
    demo->first = demo->pages[0];
    return 0;
}
"""
STOP = """
void demo_stop(struct demo *demo)
{
    int i;

    for (i = 0; i < demo->nr; i++)
        put_page(demo->pages[i]);
}
"""
FIRST = "void demo_stop(struct demo *demo)\n{\n\tput_page(demo->first);\n}\n"
ELEMENT = "alloc_page(GFP_KERNEL)"
FILL = f"struct page **pages = data; pages[0] = {ELEMENT};"
SLOT = "static struct page **demo_slot(struct demo *demo, int n) { return &demo->pages[n]; }"
WORD = "#define DEMO_SET(demo, member, value) ((demo)->member = (value))\n"

FILLED = {
    "a void pointer that is passed": (
        f"static void fill(void *data) {{ {FILL} }}",
        "fill(demo->pages);",
    ),
    "a void pointer that is passed twice": (
        f"static void fill(void *data) {{ {FILL} }}\n"
        "static void more(void *data) { fill(data); }",
        "more(demo->pages);",
    ),
    "a void pointer that is cast where it is used": (
        f"static void fill(void *data) {{ ((struct page **)data)[1] = {ELEMENT}; }}",
        "fill(demo->pages);",
    ),
    "a number that is passed": (
        "static void fill(unsigned long at)\n"
        f"{{ struct page **pages = (struct page **)at; *pages = {ELEMENT}; }}",
        "fill((unsigned long)demo->pages);",
    ),
    "a void pointer": ("", f"void *data = demo->pages; {FILL}"),
    "a number in the object": (
        "static void fill(struct demo *demo)\n"
        f"{{ struct page **pages = (struct page **)demo->cookie; *pages = {ELEMENT}; }}",
        "demo->cookie = (unsigned long)demo->pages;",
    ),
    "the result of a function": (SLOT, f"*demo_slot(demo, 1) = {ELEMENT};"),
    "a pointer that a function returned": (
        SLOT,
        f"struct page **slot = demo_slot(demo, 1); *slot = {ELEMENT};",
    ),
    "what a function returned, passed": (
        f"{SLOT}\nstatic void fill(struct page **pages) {{ *pages = {ELEMENT}; }}",
        "fill(demo_slot(demo, 0));",
    ),
    "what a function returned for anything": (
        "static void *demo_all(struct demo *demo) { return demo->pages; }",
        f"struct page **all = demo_all(demo); all[1] = {ELEMENT};",
    ),
}
FILLED_FIRST = {
    "the address as a void pointer": (
        f"static void fill(void *data) {{ {FILL} }}",
        "fill(&demo->first);",
    ),
    "a void pointer to it": (
        "",
        f"void *at = &demo->first; *(struct page **)at = {ELEMENT};",
    ),
    "the address that a function returned": (
        "static struct page **demo_first(struct demo *demo) { return &demo->first; }",
        f"*demo_first(demo) = {ELEMENT};",
    ),
    "a word that a macro stores to": (WORD, f"DEMO_SET(demo, first, {ELEMENT});"),
    "a word that a macro releases": (
        "#define DEMO_DROP(demo, member) put_page((demo)->member)\n",
        "DEMO_DROP(demo, first);",
    ),
    "what another page carries": (
        "",
        "demo->first = (struct page *)page_private(demo->pages[1]);",
    ),
    "a number that another page carries on": (
        "void demo_drop(struct page *page) { put_page((struct page *)page_private(page)); }",
        "set_page_private(demo->pages[1], (unsigned long)demo->first);",
    ),
    "a table of the kernel's": ("", "demo->first = xa_load(&demo->table, 1);"),
}
LEFT_ALONE = {
    "an array that is looked at": (
        "static void look(void *data) { struct page **pages = data; lock_page(pages[0]); }",
        "look(demo->pages);",
    ),
    "a page that is looked at": (
        "static void look(void *data) { struct page *page = data; lock_page(page); }",
        "look(demo->pages[0]);",
    ),
    "an element that is read through a result": (SLOT, "lock_page(*demo_slot(demo, 2));"),
    "an element that is emptied": (
        "static void clear(void *data) { struct page **pages = data; pages[0] = NULL; }",
        "clear(demo->pages);",
    ),
    "elements that change places": (
        "static void move(void *data) { struct page **pages = data; pages[0] = pages[1]; }",
        "move(demo->pages);",
    ),
    "memory that is freed": ("", "void *memory = demo->pages; kvfree(memory);"),
    "a word that a macro measures": (
        "#define DEMO_SIZE(demo, member) sizeof((demo)->member)\n",
        "return DEMO_SIZE(demo, pages) + DEMO_SIZE(demo, first);",
    ),
    "a variable by the name of the member": (
        WORD,
        "int first = 3; DEMO_SET(demo, nr, first);",
    ),
}


def code(more: tuple[str, str], stop: str) -> str:
    return (
        f"{START}\n{more[0]}\nint demo_other(struct demo *demo)\n{{ {more[1]} return 0; }}\n{stop}"
    )


@pytest.mark.parametrize("name", FILLED)
def test_what_others_store_into_the_array_is_seen(name: str) -> None:
    group = only_group(code(FILLED[name], STOP))
    assert GapKind.FROM_OTHER_CALL in {gap.kind for gap in group.gaps}
    assert verdict(group, True).action is Action.MANUAL


@pytest.mark.parametrize("name", FILLED_FIRST)
def test_what_others_store_into_the_member_or_release_there_is_seen(name: str) -> None:
    group = only_group(code(FILLED_FIRST[name], FIRST))
    kinds = {GapKind.FROM_OTHER_CALL, GapKind.MACRO_NAMES_MEMBER, GapKind.PASSED_TO_UNKNOWN}
    assert kinds & {gap.kind for gap in group.gaps}
    assert verdict(group, True).action is Action.MANUAL


@pytest.mark.parametrize("stop", [STOP, FIRST])
@pytest.mark.parametrize("name", LEFT_ALONE)
def test_other_names_by_themselves_do_not_matter(name: str, stop: str) -> None:
    group = only_group(code(LEFT_ALONE[name], stop))
    assert group.gaps == ()
    assert verdict(group, True).action is Action.PIN


LAYOUT = """
struct layout {
    struct page **pages;
    int nr;
    struct page *drop;
};
"""
DROP = "static void drop(void *data) { struct layout *layout = data; put_page(layout->drop); }"
LAID_OVER = {
    "a pointer": (LAYOUT + DROP, "drop(demo);"),
    "an address": (LAYOUT + DROP, "struct demo own = *demo; drop(&own);"),
    "an assignment": (LAYOUT + DROP.replace("*layout =", "*layout; layout ="), "drop(demo);"),
}


@pytest.mark.parametrize("name", LAID_OVER)
def test_a_struct_that_is_taken_for_another_through_a_void_pointer_is_seen(name: str) -> None:
    kinds = {gap.kind for gap in only_group(code(LAID_OVER[name], STOP)).gaps}
    assert GapKind.STRUCT_CAST in kinds


@pytest.mark.parametrize(
    "more",
    [
        "struct box { struct demo demo; int n; };\n"
        "static void look(void *data) { struct box *box = data; box->n = 1; }",
        "static void look(void *data) { struct demo *demo = data; demo->nr = 1; }",
        "struct short_one { char first; };\nstatic void look(void *data) { kfree(data); }",
        LAYOUT + "static void look(void *data) { struct layout *l = layout_of(data); l->nr = 1; }",
    ],
)
def test_a_struct_that_is_taken_for_itself_again_does_not_matter(more: str) -> None:
    assert only_group(code((more, "look(demo);"), STOP)).gaps == ()
