# SPDX-License-Identifier: GPL-2.0-only
"""Each kind of contract: what it opens, what it leaves shut, and that the group names it."""

from __future__ import annotations

import pytest

from migrate.analysis.contract import ContractKind, Does
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import UseKind
from tests.analysis.contracts.shapes import (
    BY_NAME,
    BY_POINTER,
    CONDITIONAL,
    EXPORTED,
    PATH,
    PUBLIC,
    SHARED,
    argument,
    group_of,
    groups_of,
    kinds,
    of,
)


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


def test_who_calls_a_function() -> None:
    assert GapKind.FUNCTION_NAMED in kinds(group_of(EXPORTED))
    stated = of(ContractKind.CALLERS, function="fill", callers=("use",))
    group = group_of(EXPORTED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


def test_a_caller_that_is_not_in_the_list_leaves_it_open() -> None:
    stated = of(ContractKind.CALLERS, function="fill", callers=("other",))
    assert GapKind.FUNCTION_NAMED in kinds(group_of(EXPORTED, stated))


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


def test_pages_that_do_not_get_to_a_release() -> None:
    assert kinds(group_of(SHARED)) == [GapKind.FROM_OTHER_CALL]
    stated = of(ContractKind.APART, function="alloc_page", never_reaches=("demo_put",))
    group = group_of(SHARED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


def test_another_release_that_they_may_get_to_is_asked_for_as_before() -> None:
    stated = of(ContractKind.APART, function="alloc_page", never_reaches=("demo_put",))
    text = SHARED.replace("lock_page", "put_page")
    assert kinds(group_of(text, stated)) == [GapKind.FROM_OTHER_CALL]


def test_whose_pages_the_releases_of_a_function_drop() -> None:
    stated = of(ContractKind.SOURCES, function="demo_put", only_from=("demo_user",))
    group = group_of(SHARED, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))
    text = SHARED.replace("lock_page", "put_page")
    assert kinds(group_of(text, stated)) == [GapKind.FROM_OTHER_CALL]


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


def test_which_acquires_and_releases_belong_together() -> None:
    text = SHARED.replace("lock_page(d->page)", "stage(d->page)")
    both = {GapKind.PASSED_TO_UNKNOWN, GapKind.FROM_OTHER_CALL}
    assert {*kinds(group_of(text))} == both
    stated = of(ContractKind.PAIRED, acquired_in=("demo_user",), released_in=("demo_put",))
    group = group_of(text, stated)
    assert (kinds(group), group.contracts) == ([], (stated,))


@pytest.mark.parametrize(
    "stated",
    [
        {"acquired_in": ("demo_own",), "released_in": ("demo_put",)},
        {"acquired_in": ("demo_user",), "released_in": ("demo_put", "demo_stop")},
        {"acquired_in": ("demo_user",), "released_in": ("demo_stop",)},
    ],
)
def test_other_pairs_leave_it_open(stated: dict[str, object]) -> None:
    text = SHARED.replace("lock_page(d->page)", "stage(d->page)")
    assert GapKind.PASSED_TO_UNKNOWN in kinds(group_of(text, of(ContractKind.PAIRED, **stated)))


def test_references_of_others_than_those_that_are_paired() -> None:
    stated = of(ContractKind.PAIRED, acquired_in=("demo_user",), released_in=("demo_put",))
    taken = "#include <linux/demo.h>\nvoid far(struct demo *d)\n{\n        get_page(d->page);\n}\n"
    own = {
        "include/linux/demo.h": "struct demo { struct page *page; };\n",
        PATH: SHARED.replace("struct demo { struct page *page; };", "#include <linux/demo.h>"),
    }
    (group,) = groups_of({**own, "drivers/far/far.c": taken}, stated)
    assert UseKind.EXTRA_REFERENCE not in {use.kind for use in group.uses}
    (group,) = groups_of({**own, "drivers/demo/near.c": taken}, stated)
    assert UseKind.EXTRA_REFERENCE in {use.kind for use in group.uses}
    dropped = SHARED.replace("lock_page(d->page)", "page_ref_dec(d->page)")
    assert UseKind.CONSUMED in {use.kind for use in group_of(dropped).uses}
    assert UseKind.CONSUMED not in {use.kind for use in group_of(dropped, stated).uses}
    within = SHARED.replace("put_page(d->page);", "page_ref_dec(d->page);\n    put_page(d->page);")
    assert UseKind.CONSUMED in {use.kind for use in group_of(within, stated).uses}
    freed = SHARED.replace("lock_page(d->page)", "__free_page(d->page)")
    assert UseKind.FREED in {use.kind for use in group_of(freed).uses}
    assert UseKind.FREED not in {use.kind for use in group_of(freed, stated).uses}
    within = SHARED.replace("put_page(d->page);", "__free_page(d->page);\n    put_page(d->page);")
    assert UseKind.FREED in {use.kind for use in group_of(within, stated).uses}
