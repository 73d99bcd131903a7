# SPDX-License-Identifier: GPL-2.0-only
"""Following pages forward: what holds them, and what only looks as if it did."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from migrate.analysis.edges import EdgeKind
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Action, UseKind
from migrate.analysis.valueflow import forward
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.groups import gaps_of
from tests.analysis.memory import only_group, pairing_of

HERE = "drivers/demo/demo.c"

COUNTED = """
struct demo {
    struct page **pages;
    unsigned int npages;
    struct device *dev;
};
int f(struct demo *d, unsigned long start, int nr, struct list *list)
{
    int got = ACQUIRE;

    dma_map_page(d->dev, d->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
    note_of_pages(list, d->npages);
    return got;
}
void g(struct demo *d)
{
    unsigned int i;

    for (i = 0; i < d->npages; i++)
        put_page(d->pages[i]);
}
"""


FILL = """
static int fill(unsigned long start, int nr, struct page **pages)
{
    return get_user_pages_fast(start, nr, FOLL_WRITE, pages);
}
"""


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("", "get_user_pages_fast(start, nr, FOLL_WRITE, d->pages + d->npages)"),
        (FILL, "fill(start, nr, d->pages + d->npages)"),
    ],
)
def test_a_member_that_counts_pages_holds_none(before: str, call: str) -> None:
    found = only_group(before + COUNTED.replace("ACQUIRE", call))
    assert found.complete, found.gaps
    assert verdict(found, True).action is Action.PIN


def test_an_array_of_bus_addresses_behind_the_pages_holds_none() -> None:
    text = """
    struct demo {
        struct page **pages;
        KIND *buses;
        struct device *dev;
    };
    int f(struct demo *d, unsigned long start, int nr)
    {
        d->buses = (KIND *)(d->pages + nr);
        if (get_user_pages_fast(start, nr, FOLL_WRITE, d->pages) != nr)
            return -EFAULT;
        d->buses[0] = dma_map_page(d->dev, d->pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
        tell_device(d->dev, d->buses[0]);
        return 0;
    }
    void g(struct demo *d)
    {
        put_page(d->pages[0]);
    }
    """
    assert only_group(text.replace("KIND", "dma_addr_t")).complete
    assert not only_group(text.replace("KIND", "struct page *")).complete, "those may be pages"


@pytest.mark.parametrize(
    ("macro", "complete"),
    [
        ("#define OF(p) (page_to_pfn(p) << PAGE_SHIFT)", True),
        ("#define INNER(n) ((n) | 1)\n#define OF(p) INNER(page_to_pfn(p))", True),
        ("#define OF(p) (p)", False),
        ("#define OF(p) ({ typeof(p) _p = (p); _p; })", False),
        ("#define OF(p) (p)->pages_of_the_other_kind.first", False),
        ("#define OF(p) other_way(p)", False),
    ],
)
def test_what_a_macro_makes_of_a_page(macro: str, complete: bool) -> None:
    """What tells is what its body yields; a page that it hands on is still one."""
    text = f"""
    {macro.splitlines()[0]}
    {macro.splitlines()[-1]}
    int f(struct device *dev, unsigned long start)
    {{
        struct page *page;

        if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
            return -EFAULT;
        memset(page_address(page), 0, PAGE_SIZE);
        hand_over(dev, OF(page));
        put_page(page);
        return 0;
    }}
    """
    assert only_group(text).complete == complete, only_group(text).gaps


def test_a_pointer_that_moves_along_is_made_of_itself() -> None:
    text = """
    struct demo {
        struct page **list;
        struct device *dev;
        int base;
    };
    int f(struct demo *d, unsigned long start)
    {
        struct page **pages = d->list;
        unsigned int offset = d->base > 2 ? d->base * 8 : 4;

        pages += offset;
        if (get_user_pages_fast(start, 1, FOLL_WRITE, pages) != 1)
            return -EFAULT;
        dma_map_page(d->dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
        put_page(*pages);
        return 0;
    }
    void h(struct demo *d)
    {
        d->list = kcalloc(4, 8, GFP_KERNEL);
    }
    """
    found = only_group(text)
    assert found.complete, found.gaps


@pytest.mark.parametrize("made", ["kcalloc(nr, 8, 0)", "kmalloc_objs(*pages, nr)", "huge(nr)"])
def test_an_array_in_fresh_memory_has_no_pages_of_others(made: str) -> None:
    text = """
    int f(struct device *dev, unsigned long start, int nr)
    {
        struct page **pages = MADE;

        if (get_user_pages_fast(start, 1, FOLL_WRITE, pages) != 1)
            return -EFAULT;
        dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
        put_page(pages[0]);
        kfree(pages);
        return 0;
    }
    """
    found = only_group(text.replace("MADE", made))
    assert found.complete == (not made.startswith("huge")), found.gaps


def test_arguments_of_another_kernel_are_not_taken_for_this_ones() -> None:
    text = """
    void f(struct task_struct *task, unsigned long start, struct page **pages)
    {
        get_user_pages(task, task->mm, start, 1, 1, 0, pages, NULL);
        put_page(pages[0]);
    }
    """
    found = only_group(text)
    assert GapKind.ACQUIRE_OTHER_PROTOTYPE in {gap.kind for gap in found.gaps}
    assert verdict(found, True).action is Action.MANUAL


LIMITED = """
void f(unsigned long start)
{
    struct page *page, *one, *two;
    unsigned long pfn, more;

    get_user_pages_fast(start, 1, 0, &page);
    one = page;
    two = one;
    pfn = page_to_pfn(two);
    more = pfn;
    put_page(two);
}
"""


def limited(limit: str, number: int) -> list[str]:
    with patch.object(forward, limit, number):
        return gaps_of(only_group(LIMITED))


def test_what_spreads_too_far_is_not_followed_to_its_end() -> None:
    """The page is in three variables, its number in two; the call's result is a state as well."""
    enough = next(n for n in range(20) if not limited("_CELL_LIMIT", n))
    assert enough == 6
    assert "too-many-places" in limited("_CELL_LIMIT", enough - 1)
    assert forward._CELL_LIMIT == 250


def test_what_is_made_of_the_pages_has_a_limit_of_its_own() -> None:
    """It matters only when a page is found again by it, so here nothing is said."""
    assert limited("_DERIVED_LIMIT", 0) == []
    again = LIMITED.replace("put_page(two)", "put_page(pfn_to_page(more))")
    why = "too-many-addresses"
    with patch.object(forward, "_DERIVED_LIMIT", 2):
        assert why in gaps_of(only_group(again))
    with patch.object(forward, "_DERIVED_LIMIT", 3):
        assert why not in gaps_of(only_group(again))
    assert forward._DERIVED_LIMIT == 80


PASSED_ON = """
struct demo {
    struct page **pages;
};
static struct page *one;
static int fill(unsigned long start, struct page **pages)
{
    return get_user_pages_fast(start, 1, FOLL_WRITE, pages);
}
static int between(unsigned long start, struct page **handed)
{
    return fill(start, handed);
}
void top(struct demo *demo, unsigned long start)
{
    struct page *own[1];
    struct demo mine;

    between(start, INTO);
    put_page(INTO[0]);
}
"""


@pytest.mark.parametrize(
    ("into", "stored"), [("own", 0), ("demo->pages", 1), ("mine.pages", 0), ("(&one)", 1)]
)
def test_a_parameter_that_is_filled_is_filled_for_all_callers(into: str, stored: int) -> None:
    found = only_group(PASSED_ON.replace("INTO", into))
    assert found.gaps == ()
    assert [release.function for release in found.releases] == ["top"]
    filled = [edge.function for edge in found.edges if edge.kind is EdgeKind.FILLED]
    assert filled == ["fill", "between"]
    kept = [use.text for use in found.uses if use.kind is UseKind.STORED]
    assert kept == [f"between(start, {into});"] * stored


def test_a_function_that_fills_for_anybody_has_callers_that_nobody_knows() -> None:
    text = PASSED_ON.replace("static int between", "int between").replace("INTO", "own")
    why = f"filled-for-unknown {HERE}:{{}} between"
    header = "int between(unsigned long start, struct page **handed);\n"
    files = {"include/linux/demo.h": header, HERE: "#include <linux/demo.h>\n" + text}
    (found,) = pairing_of(files, open_world=True).groups
    assert gaps_of(found) == [why.format(11)]
    unused = text.replace("between(start, own);", "").replace("int between", "static int between")
    assert why.format(10) in gaps_of(only_group(unused))


RETURNED = """
static struct page *get(unsigned long start)
{
    struct page *page;

    get_user_pages_fast(start, 1, FOLL_WRITE, &page);
    return page;
}
static struct page *between(unsigned long start)
{
    return get(start);
}
void top(struct demo *demo, unsigned long start)
{
    put_page(between(start));
}
"""


def test_a_result_is_followed_to_all_callers() -> None:
    found = only_group(RETURNED)
    assert found.gaps == ()
    assert [(edge.kind, edge.function) for edge in found.edges] == [
        (EdgeKind.RETURNED, "get"),
        (EdgeKind.RETURNED, "between"),
    ]
    assert [release.function for release in found.releases] == ["top"]
    unused = RETURNED.replace("put_page(between(start))", "put_page(0)")
    assert f"returned-to-unknown {HERE}:9 between" in gaps_of(only_group(unused))


@pytest.mark.parametrize(
    ("code", "gap"),
    [
        ("*slot_of(demo) = page;", "behind-a-result {}"),
        ("list_add(&page->lru, list);", "on-a-list {}"),
        ("hand_over(page);", "passed-to-unknown {} hand_over 1"),
        ("demo->fn(page);", "passed-to-unknown {} demo.fn 1"),
        ("missing = page;", "global-undeclared missing"),
        ("what->member = page;", f"type-unknown {HERE}:1 member"),
    ],
)
def test_where_it_goes_out_of_sight(code: str, gap: str) -> None:
    text = (
        "void f(struct demo *demo, unsigned long start, struct list_head *list)\n{\n"
        "\tstruct page *page;\n\n\tget_user_pages_fast(start, 1, 0, &page);\n"
        f"\t{code}\n\tput_page(page);\n}}\n"
    )
    assert gaps_of(only_group(text)) == [gap.format(f"{HERE}:6")]


@pytest.mark.parametrize("start", ["d->base + d->pages", "d->pages + d->base", "d->pages"])
def test_an_array_is_that_of_the_object_wherever_in_it_it_starts(start: str) -> None:
    text = f"""
    struct demo {{
        struct page **pages;
        int base;
    }};
    void f(struct demo *d, unsigned long start)
    {{
        struct page **pages = {start};

        get_user_pages_fast(start, 1, FOLL_WRITE, pages);
    }}
    void g(struct demo *d)
    {{
        put_page(d->pages[0]);
    }}
    """
    found = only_group(text)
    assert [release.function for release in found.releases] == ["g"]
    assert found.structs == ("demo",)


MAPPED = """
int f(unsigned long start, char *to, int i, int n)
{
    struct page *pages[2];
    DECLARED;

    if (get_user_pages_fast(start, 2, 0, pages) != 2)
        return -EFAULT;
    maps[i] = kmap(pages[i]);
    STATEMENT;
    kunmap(pages[i]);
    put_page(pages[0]);
    put_page(pages[1]);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("declared", "statement", "touched"),
    [
        ("char *maps[2]", "", None),
        ("char *maps[2]", "maps[i] = NULL", None),
        ("char *maps[2]", "*(maps + 1) = NULL", None),
        ("char **maps = demo_maps()", "maps[i + 1] = NULL", None),
        ("char *maps[2]", "memcpy(to, maps[0] + n, 4)", UseKind.READ_DATA),
        ("char *maps[2]", "memcpy(maps[0] + n, to, 4)", UseKind.WRITE_DATA),
        ("char *maps[2]", "n = *maps[i]", UseKind.READ_DATA),
        ("char *maps[2]", "maps[i][n] = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "*(maps[i] + n) = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "*(n + maps[i]) = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "**maps = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "**(maps + 1) = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "(*maps)[n] = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "*(u32 *)maps[i] = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "(*(&maps[i]))[n] = 0", UseKind.WRITE_DATA),
        ("char *maps[2]", "maps[i][n]++", UseKind.WRITE_DATA),
        ("char *maps[2]", "*maps[i]++ = 0", UseKind.WRITE_DATA),
        ("void *maps[2]", "((u32 *)maps[i])[n] = 0", UseKind.WRITE_DATA),
    ],
)
def test_an_array_of_mappings_is_no_data(
    declared: str, statement: str, touched: UseKind | None
) -> None:
    code = MAPPED.replace("DECLARED", declared).replace("STATEMENT", statement)
    found = only_group(code)
    kinds = {use.kind for use in found.uses}
    assert (UseKind.WRITE_DATA in kinds) == (touched is UseKind.WRITE_DATA)
    if touched is not UseKind.WRITE_DATA:
        assert (UseKind.READ_DATA in kinds) == (touched is UseKind.READ_DATA)


THROUGH_ALIAS = """
struct demo {
    struct page *pages[16];
    int used;
};
int f(struct demo *d, struct device *dev, unsigned long start, int nr)
{
    struct page **pages = d->pages + d->used;

    if (get_user_pages_fast(start, nr, FOLL_WRITE, pages) != nr)
        return -EFAULT;
    d->used += nr;
    dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_TO_DEVICE);
    return 0;
}
void g(struct demo *d)
{
    struct page **all = d->pages;
    int i;

    for (i = 0; i < d->used; i++)
        put_page(all[i]);
}
"""


def test_pages_that_an_object_gets_by_another_name_are_kept_there() -> None:
    found = only_group(THROUGH_ALIAS)
    assert found.complete, found.gaps
    assert verdict(found, True).case == "2"
    stored = [use.text for use in found.uses if use.kind is UseKind.STORED]
    assert stored == ["struct page **pages = d->pages + d->used;"]


def test_an_array_on_the_stack_keeps_nothing_for_others() -> None:
    first, second = THROUGH_ALIAS.split("void g")
    first = first.replace("struct demo *d, ", "").replace("d->", "own.")
    first = first.replace("    struct page **", "    struct demo own;\n    struct page **")
    found = only_group(f"{first.replace('return 0', 'g(&own);return 0')}void g{second}")
    assert UseKind.STORED not in {use.kind for use in found.uses}


TABLE = """
struct demo {{
    struct page *pages[4];
    struct sg_table *table;
}};
static struct page **fill(struct demo *d, unsigned long start)
{{
    struct sg_table *table;

    get_user_pages_fast(start, 4, FOLL_WRITE, d->pages);
    table = {made};
    if (IS_ERR(table))
        return ERR_CAST(table);
    d->table = table;
    return d->pages;
}}
void use(struct demo *d, struct device *dev)
{{
    struct page **pages = fill(d, 0), *page = pages[0];

    dma_map_sgtable(dev, d->table, DMA_FROM_DEVICE, 0);
    put_page(page);
}}
"""


@pytest.mark.parametrize(
    "made",
    [
        "drm_prime_pages_to_sg(d->pages, 4)",  # before 5.10
        "drm_prime_pages_to_sg(d->drm, d->pages, 4)",
    ],
)
def test_pages_in_a_table_are_followed_whatever_comes_before_them(made: str) -> None:
    found = only_group(TABLE.format(made=made))
    assert [use.text for use in found.uses if use.kind is UseKind.DMA] == [
        "dma_map_sgtable(dev, d->table, DMA_FROM_DEVICE, 0);"
    ]
    assert found.gaps == ()


def test_an_error_made_of_a_table_is_no_table() -> None:
    found = only_group(TABLE.format(made="drm_prime_pages_to_sg(d->pages, 4)"))
    assert not any(edge.kind.startswith("points into") for edge in found.edges)


def test_data_of_a_page_that_is_duplicated_is_read() -> None:
    text = """
    void f(unsigned long start)
    {
        struct page *page;

        get_user_pages_fast(start, 1, 0, &page);
        keep(kmemdup(page_address(page), 64, GFP_KERNEL));
        put_page(page);
    }
    """
    assert UseKind.READ_DATA in {use.kind for use in only_group(text).uses}


HELD = """
struct demo {
    struct page *page;
};
static void drop(PARAMETER)
{
    put_page(RELEASED);
}
void f(struct demo *demo, unsigned long start)
{
    if (get_user_pages_fast(start, 1, FOLL_WRITE, &demo->page) == 1)
        drop(GIVEN);
}
"""


@pytest.mark.parametrize(
    ("parameter", "released", "given", "helper"),
    [
        ("struct page *page", "page", "demo->page", "drop"),
        ("struct demo *page", "page->page", "demo", ""),
    ],
)
def test_a_member_by_the_name_of_a_parameter_is_none(
    parameter: str, released: str, given: str, helper: str
) -> None:
    text = HELD.replace("PARAMETER", parameter).replace("RELEASED", released)
    (release,) = only_group(text.replace("GIVEN", given)).releases
    assert release.reached_by_helper == helper


@pytest.mark.parametrize(
    ("macro", "written"),
    [
        ("#define OF(e) ((e)->flags & 1)", False),
        ("#define OF(e) (e->sub.flags)", False),
        ("#define OF(e) (MASK)", False),
        ("#define OF(e) (&(e)->flags)", True),
        ("#define OF(e) ((e)->data)", True),
        ("#define OF(e) ((e)->unknown)", True),
        ("#define OF(e) ((unsigned long)(e) | (e)->flags)", True),
    ],
)
def test_what_a_macro_reads_at_an_address_is_data(macro: str, written: bool) -> None:
    """Only what may be the address itself, or one behind it, is followed."""
    text = f"""
    {macro}
    struct entry {{
        unsigned int flags;
        struct {{ unsigned int flags; }} sub;
        char data[8];
    }};
    struct demo {{
        unsigned long *kept;
    }};
    int f(struct demo *d, unsigned long start)
    {{
        struct page *page;
        struct entry *e;

        if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
            return -EFAULT;
        e = page_address(page);
        d->kept = OF(e);
        put_page(page);
        return 0;
    }}
    void g(struct demo *d)
    {{
        *d->kept = 1;
    }}
    """
    kinds = {use.kind for use in only_group(text).uses}
    assert (UseKind.WRITE_DATA in kinds) is written, kinds
