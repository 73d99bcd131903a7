# SPDX-License-Identifier: GPL-2.0-only
"""Each kind of contract: what it opens, what it leaves shut, and that the group names it."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from migrate.analysis.contract import Contract, ContractKind, Contracts, Does
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup, UseKind
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from tests.analysis.memory import scan_of, tree_of

PATH = "drivers/demo/demo.c"

HELD = """
    #include <linux/mm.h>
    int stage(struct page **pages, int n);
    struct demo_ops { int (*keep)(void *arg, struct page **pages); void (*drop)(void *arg); };
    static int get(unsigned long at, struct page **pages, struct demo_ops *ops)
    {
            int got = get_user_pages_fast(at, 2, FOLL_WRITE, pages);

            CALL;
            put_page(pages[0]);
            put_page(pages[1]);
            return got;
    }
    int entry(unsigned long at, struct demo_ops *ops)
    {
            struct page *pages[2];

            return get(at, pages, ops);
    }
"""
BY_NAME = HELD.replace("CALL", "stage(pages, got)")
BY_POINTER = HELD.replace("CALL", "ops->keep(ops, pages)").replace(
    "struct demo_ops {", "struct other_ops { int x; };\n    struct demo_ops {"
)


def of(kind: ContractKind, **more: object) -> Contract:
    return Contract(1, kind, "I wrote it.", **more)  # type: ignore[arg-type]


def argument(does: Does, number: int = 1, **more: str) -> Contract:
    return of(ContractKind.ARGUMENT, argument=number, does=does, **more)


def groups_of(files: Mapping[str, str], *stated: Contract) -> tuple[PinGroup, ...]:
    tree = tree_of({path: dedent(text) for path, text in files.items()})
    return pair(tree, scan_of(tree), program=Program(tree, Contracts(stated))).groups


def group_of(text: str, *stated: Contract) -> PinGroup:
    (group,) = groups_of({PATH: text}, *stated)
    return group


def kinds(group: PinGroup) -> list[GapKind]:
    return [gap.kind for gap in group.gaps]


@pytest.mark.parametrize(
    ("does", "use"),
    [
        (Does.LOOKS, UseKind.STRUCT_PAGE),
        (Does.READS, UseKind.READ_DATA),
        (Does.BORROWS, UseKind.TOUCH_DATA),
        (Does.RELEASES, UseKind.CONSUMED),
    ],
)
def test_what_a_function_does_with_its_argument(does: Does, use: UseKind) -> None:
    assert kinds(group_of(BY_NAME)) == [GapKind.PASSED_TO_UNKNOWN]
    stated = argument(does, function="stage")
    group = group_of(BY_NAME, stated)
    assert kinds(group) == []
    assert [u.kind for u in group.uses] == [use]
    assert group.contracts == (stated,)


@pytest.mark.parametrize("stated", [{"function": "other"}, {"function": "stage", "number": 2}])
def test_what_is_said_of_another_argument_opens_nothing(stated: dict[str, object]) -> None:
    group = group_of(BY_NAME, argument(Does.READS, **stated))  # type: ignore[arg-type]
    assert kinds(group) == [GapKind.PASSED_TO_UNKNOWN]
    assert group.contracts == ()


def test_what_a_member_points_to() -> None:
    assert GapKind.PASSED_TO_UNKNOWN in kinds(group_of(BY_POINTER))
    stated = argument(Does.KEEPS, 2, member="demo_ops.keep", until="drop")
    group = group_of(BY_POINTER, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))
    other = argument(Does.KEEPS, 2, member="other_ops.keep", until="drop")
    assert GapKind.PASSED_TO_UNKNOWN in kinds(group_of(BY_POINTER, other))


EXPORTED = """
    #include <linux/mm.h>
    #include <linux/demo.h>
    int fill(unsigned long at, struct page **pages)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, pages);
    }
    static int (*hook)(unsigned long, struct page **) = fill;
    int use(unsigned long at)
    {
            struct page *page;

            if (fill(at, &page) != 1)
                    return -1;
            put_page(page);
            return 0;
    }
"""


def test_who_calls_a_function() -> None:
    assert GapKind.FILLED_FOR_UNKNOWN in kinds(group_of(EXPORTED))
    stated = of(ContractKind.CALLERS, function="fill", callers=("use",))
    group = group_of(EXPORTED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


def test_a_caller_that_is_not_in_the_list_leaves_it_open() -> None:
    stated = of(ContractKind.CALLERS, function="fill", callers=("other",))
    assert GapKind.FILLED_FOR_UNKNOWN in kinds(group_of(EXPORTED, stated))


PUBLIC = {
    "include/linux/demo.h": "struct demo { struct page *page; };\n",
    PATH: """
    #include <linux/mm.h>
    #include <linux/demo.h>
    static int demo_get(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    static void demo_put(struct demo *d)
    {
            put_page(d->page);
    }
    """,
    **{f"drivers/many/m{n}.c": "#include <linux/demo.h>\nstruct page *page;\n" for n in range(45)},
}
"""A member that too many files may name."""


def test_storage_that_nobody_else_touches() -> None:
    (group,) = groups_of(PUBLIC)
    assert {GapKind.PUBLIC_STRUCT, GapKind.SOURCE_PUBLIC} == {*kinds(group)}
    stated = of(ContractKind.STORAGE, member="demo.page", filled=True, released=True)
    (group,) = groups_of(PUBLIC, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


def test_storage_is_open_as_far_as_nobody_says_that_it_is_not() -> None:
    (group,) = groups_of(PUBLIC, of(ContractKind.STORAGE, member="demo.page", filled=True))
    assert kinds(group) == [GapKind.PUBLIC_STRUCT]
    (group,) = groups_of(PUBLIC, of(ContractKind.STORAGE, member="demo.page", released=True))
    assert kinds(group) == [GapKind.SOURCE_PUBLIC]
    both = of(ContractKind.STORAGE, member="demo.folio", filled=True, released=True)
    (group,) = groups_of(PUBLIC, both)
    assert {GapKind.PUBLIC_STRUCT, GapKind.SOURCE_PUBLIC} == {*kinds(group)}


def test_the_functions_that_release_what_is_in_a_member() -> None:
    stated = of(ContractKind.STORAGE, member="demo.page", filled=True, released_in=("demo_put",))
    (group,) = groups_of(PUBLIC, stated)
    assert (kinds(group), len(group.releases)) == ([], 1)
    stated = of(ContractKind.STORAGE, member="demo.page", filled=True, released_in=("demo_get",))
    (group,) = groups_of(PUBLIC, stated)
    assert GapKind.NO_RELEASE in kinds(group)


SHARED = """
    #include <linux/mm.h>
    struct demo { struct page *page; };
    static int demo_user(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    static void demo_own(struct demo *d)
    {
            d->page = alloc_page(GFP_KERNEL);
    }
    static void demo_put(struct demo *d)
    {
            put_page(d->page);
    }
    static void demo_stop(struct demo *d)
    {
            lock_page(d->page);
    }
"""


def test_pages_that_do_not_get_to_a_release() -> None:
    assert kinds(group_of(SHARED)) == [GapKind.FROM_OTHER_CALL]
    stated = of(ContractKind.APART, function="alloc_page", never_reaches="demo_put")
    group = group_of(SHARED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


def test_another_release_that_they_may_get_to_is_asked_for_as_before() -> None:
    stated = of(ContractKind.APART, function="alloc_page", never_reaches="demo_put")
    text = SHARED.replace("lock_page", "put_page")
    assert kinds(group_of(text, stated)) == [GapKind.FROM_OTHER_CALL]


def test_whose_pages_the_releases_of_a_function_drop() -> None:
    stated = of(ContractKind.SOURCES, function="demo_put", only_from=("demo_user",))
    group = group_of(SHARED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))
    text = SHARED.replace("lock_page", "put_page")
    assert kinds(group_of(text, stated)) == [GapKind.FROM_OTHER_CALL]


CONDITIONAL = """
    #include <linux/mm.h>
    void stage(struct page *page);
    int get(unsigned long at)
    {
            struct page *page;

            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                    return -1;
    #ifdef HAVE_STAGE
            stage(page);
    #endif
            put_page(page);
            return 0;
    }
"""


def test_a_macro_that_is_not_set() -> None:
    assert kinds(group_of(CONDITIONAL)) == [GapKind.PASSED_TO_UNKNOWN]
    stated = of(ContractKind.MACRO, macro="HAVE_STAGE", set=False)
    group = group_of(CONDITIONAL, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))
    stated = of(ContractKind.MACRO, macro="HAVE_STAGE", set=True)
    assert kinds(group_of(CONDITIONAL, stated)) == [GapKind.PASSED_TO_UNKNOWN]


def test_an_acquire_under_a_macro_that_is_not_set_is_not_converted() -> None:
    text = CONDITIONAL.replace("#ifdef HAVE_STAGE", "#if 1").replace(
        "int get(", "#ifdef HAVE_STAGE\n    int get("
    )
    group = group_of(text + "#endif\n", of(ContractKind.MACRO, macro="HAVE_STAGE", set=False))
    assert GapKind.ACQUIRE_NEVER_COMPILED in kinds(group)
