# SPDX-License-Identifier: GPL-2.0-only
"""Contracts against the tree: names that it does not have, and code that says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import dedent

import pytest

from migrate.analysis.contract import Contract, ContractKind, Contracts, Does
from migrate.analysis.contracts.check import check_contracts, check_groups
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import TraitKind
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.base.errors import Refusal
from tests.analysis.memory import scan_of, tree_of

PATH = "drivers/demo/demo.c"

CODE = """
    #include <linux/mm.h>
    struct demo { struct page *page; struct page *mine; };
    struct demo_ops { int (*keep)(struct page *page, int n); void (*drop)(void); };
    static struct page *kept;
    void stage(struct page *page);
    int look(struct page *page)
    {
            return page->flags != 0;
    }
    void read(struct page *page, char *into)
    {
            memcpy(into, page_address(page), 10);
    }
    void put(struct page *page)
    {
            put_page(page);
    }
    void store(struct demo *d, struct page *page)
    {
            d->page = page;
    }
    void hold(struct demo *d, struct page *page)
    {
            d->mine = page;
    }
    struct page *same(struct page *page)
    {
            return page;
    }
    static int keep(struct page *page, int n)
    {
            put_page(page);
            return n;
    }
    static const struct demo_ops ops = { .keep = keep };
    int get(struct demo *d, unsigned long at)
    {
            if (get_user_pages_fast(at, 1, FOLL_WRITE, &d->page) != 1)
                    return -1;
            stage(d->page);
            return 0;
    }
    void fresh(struct demo *d)
    {
            d->page = alloc_page(GFP_KERNEL);
    }
    void drop(struct demo *d)
    {
            put_page(d->page);
    }
    void swap(struct demo *d)
    {
            struct page *page = alloc_page(GFP_KERNEL);

            put_page(page);
            put_page(d->page);
    }
    static int open(struct demo *d, unsigned long at)
    {
    #ifdef HAVE_DEMO
            return get(d, at);
    #else
            return 0;
    #endif
    }
    static int other(struct demo *d)
    {
            return get(d, 0);
    }
"""
FILES = {PATH: CODE, "drivers/more/more.c": "void drop(void)\n{\n}\n"}


def of(kind: ContractKind, **more: object) -> Contract:
    return Contract(1, kind, "I wrote it.", **more)  # type: ignore[arg-type]


def argument(does: Does, number: int = 1, **more: str) -> Contract:
    return of(ContractKind.ARGUMENT, argument=number, does=does, **more)


def checked(*stated: Contract, files: Mapping[str, str] = FILES) -> None:
    tree = tree_of({path: dedent(text) for path, text in files.items()})
    check_contracts(Program(tree), scan_of(tree), stated)


def refused(stated: Contract, files: Mapping[str, str] = FILES) -> Refusal:
    with pytest.raises(Refusal) as caught:
        checked(stated, files=files)
    return caught.value


FITTING = [
    argument(Does.LOOKS, function="look"),
    argument(Does.READS, function="read"),
    argument(Does.RELEASES, function="put"),
    argument(Does.KEEPS, 2, function="hold", until="drop"),
    argument(Does.BORROWS, function="stage"),
    of(ContractKind.CALLERS, function="get", callers=("open", "other")),
    of(ContractKind.STORAGE, member="demo.page", released=True),
    of(
        ContractKind.STORAGE,
        member="demo.page",
        released=True,
        released_in=("drop", "swap"),
    ),
    of(ContractKind.APART, function="alloc_page", never_reaches=("drop",), file=PATH),
    of(ContractKind.SOURCES, function="drop", only_from=("get",), file=PATH),
    of(ContractKind.MACRO, macro="HAVE_DEMO", set=False),
]


@pytest.mark.parametrize("stated", FITTING, ids=str)
def test_what_the_code_allows(stated: Contract) -> None:
    checked(stated)


UNKNOWN = [
    (argument(Does.READS, function="stagge"), "no function stagge(). The nearest there is: stage."),
    (argument(Does.READS, 9, function="look"), "look() has 1 arguments"),
    (argument(Does.READS, function="put_page"), "what put_page() does is known already"),
    (argument(Does.KEEPS, function="stage", until="drob"), "no function drob()"),
    (argument(Does.READS, member="demoo.page"), "no struct demoo. The nearest there is: demo."),
    (
        argument(Does.READS, member="demo.pages"),
        "no member pages of struct demo. The nearest there is: page.",
    ),
    (
        of(ContractKind.CALLERS, function="get", callers=("opens",)),
        "opens() does not call get(). The nearest there is: open().",
    ),
    (
        of(ContractKind.APART, function="alloc_page", never_reaches=("drop",)),
        f"drop() is defined in {PATH} and in drivers/more/more.c",
    ),
    (
        of(ContractKind.APART, function="alloc_page", never_reaches=("drop",), file="a.c"),
        f"no drop() in a.c. The nearest there is: {PATH}, drivers/more/more.c.",
    ),
    (of(ContractKind.SOURCES, function="put", only_from=("gett",)), "gett() acquires nothing"),
    (
        of(ContractKind.STORAGE, member="demo.page", released=True, released_in=("look",)),
        "look() does not use struct demo.page",
    ),
    (of(ContractKind.NOTIFIER, notifier="a.c:f"), "no file a.c"),
    (of(ContractKind.NOTIFIER, notifier=f"{PATH}:f"), f"no MMU notifier in f() of {PATH}"),
    (
        of(ContractKind.MACRO, macro="HAVE_DEM", set=False),
        "no condition on HAVE_DEM. The nearest there is: HAVE_DEMO.",
    ),
    (of(ContractKind.MACRO, macro="CONFIG_X", set=False), "the kernel's configuration"),
]


@pytest.mark.parametrize(("stated", "line"), UNKNOWN)
def test_what_the_tree_does_not_have(stated: Contract, line: str) -> None:
    refusal = refused(stated)
    assert line in str(refusal)
    assert str(refusal).startswith("Contract 1")


AGAINST = [
    (argument(Does.LOOKS, function="read"), "the page is mapped into the kernel"),
    (argument(Does.READS, function="put"), "it is released by put_page()"),
    (argument(Does.KEEPS, function="put", until="drop"), "it is released by put_page()"),
    (
        argument(Does.KEEPS, 2, function="store", until="drop"),
        "it is released by put_page()",
    ),
    (argument(Does.BORROWS, 2, function="store"), "the page is stored in an object: d->page"),
    (argument(Does.BORROWS, function="same"), "it is returned"),
    (argument(Does.RELEASES, function="look"), "nothing in there drops the reference"),
    (
        argument(Does.KEEPS, member="demo_ops.keep", until="drop"),
        "it is released by put_page()",
    ),
    (of(ContractKind.CALLERS, function="get", callers=("open",)), "other() calls it, too"),
    (
        of(ContractKind.STORAGE, member="demo.page", filled=True),
        "alloc_page() is the source of other pages",
    ),
    (
        of(ContractKind.STORAGE, member="demo.page", released=True, released_in=("drop",)),
        "it is released by put_page()",
    ),
    (
        of(ContractKind.APART, function="alloc_page", never_reaches=("swap",)),
        "put_page() releases it right there",
    ),
    (
        of(ContractKind.PAIRED, acquired_in=("get",), released_in=("swap",)),
        "put_page() releases it right there; the page is of alloc_page()",
    ),
    (
        of(ContractKind.SOURCES, function="swap", only_from=("get",)),
        "put_page() releases it right there; the page is of alloc_page()",
    ),
]


@pytest.mark.parametrize(("stated", "what"), AGAINST)
def test_what_the_code_contradicts(stated: Contract, what: str) -> None:
    refusal = refused(stated)
    assert what in refusal.what
    assert f"{PATH}:" in refusal.what
    assert str(stated) in refusal.what


KERNELS_OWN = """
    #include <linux/mm.h>
    struct demo { struct page *page; int own; };
    int get(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    void fresh(struct demo *d)
    {
            d->page = alloc_page(GFP_KERNEL);
    }
    void drop(struct demo *d)
    {
            put_page(d->page);
    }
    void tidy(struct demo *d)
    {
            lock_page(d->page);
    }
"""


@pytest.mark.parametrize(
    "stated",
    [
        of(ContractKind.APART, function="alloc_page", never_reaches=("drop",)),
        of(ContractKind.SOURCES, function="drop", only_from=("get",)),
    ],
    ids=str,
)
def test_pages_that_nothing_else_releases(stated: Contract) -> None:
    refusal = refused(stated, {PATH: KERNELS_OWN})
    assert "put_page() releases it, and nothing else in sight does" in refusal.what
    for other in ("__free_page", "put_page"):
        checked(stated, files={PATH: KERNELS_OWN.replace("lock_page", other)})


def test_a_macro_that_the_code_defines() -> None:
    files = {**FILES, "drivers/demo/demo.h": "#pragma once\n# define HAVE_DEMO 1\n"}
    refusal = refused(of(ContractKind.MACRO, macro="HAVE_DEMO", set=False), files)
    assert "drivers/demo/demo.h:2 says otherwise: it is defined there" in refusal.what
    checked(of(ContractKind.MACRO, macro="HAVE_DEMO", set=True), files=files)


NOTIFIED = """
    #include <linux/mm.h>
    struct watch { struct mmu_interval_notifier mn; };
    struct demo { struct page *page; HERE };
    static int watch(struct watch *w, struct demo *d, unsigned long at)
    {
            return mmu_interval_notifier_insert(&WHAT->mn, 0, at, 1, 0);
    }
    int get(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    void drop(struct demo *d)
    {
            set_page_dirty_lock(d->page);
            put_page(d->page);
    }
"""
ELSEWHERE = NOTIFIED.replace("HERE", "int n;").replace("WHAT", "w")
INSIDE = NOTIFIED.replace("HERE", "struct mmu_interval_notifier mn;").replace("WHAT", "d")
OTHER = of(ContractKind.NOTIFIER, notifier=f"{PATH}:watch")


def test_a_notifier_for_other_ranges() -> None:
    tree = tree_of({PATH: dedent(ELSEWHERE)})
    checked(OTHER, files={PATH: ELSEWHERE})
    (group,) = pair(tree, scan_of(tree)).groups
    assert group.trait(TraitKind.NOTIFIER_FILE) is not None
    program = Program(tree, Contracts((OTHER,)))
    (group,) = pair(tree, scan_of(tree), program=program).groups
    assert group.trait(TraitKind.NOTIFIER_FILE) is None
    assert group.contracts == (OTHER,)
    assert GapKind.PASSED_TO_UNKNOWN not in {gap.kind for gap in group.gaps}
    check_groups(program, (group,))


def test_a_notifier_in_the_struct_that_holds_the_pages() -> None:
    tree = tree_of({PATH: dedent(INSIDE)})
    program = Program(tree, Contracts((OTHER,)))
    groups = pair(tree, scan_of(tree), program=program).groups
    with pytest.raises(Refusal, match="it is a part of struct demo, which holds the pages"):
        check_groups(program, groups)


def test_a_notifier_that_is_in_no_struct() -> None:
    text = ELSEWHERE.replace(
        "static int watch", "static struct mmu_interval_notifier all;\n    static int watch"
    )
    files = {PATH: dedent(text.replace("&w->mn", "&all"))}
    program = Program(tree_of(files), Contracts((OTHER,)))
    (group,) = pair(program.tree, scan_of(program.tree), program=program).groups
    assert group.contracts == (OTHER,)
    check_groups(program, (group,))


PAIRED = """
    #include <linux/mm.h>
    struct demo { struct page *page; };
    int one(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    int two(struct demo *d, unsigned long at)
    {
            return get_user_pages_fast(at, 1, FOLL_WRITE, &d->page);
    }
    void drop(struct demo *d)
    {
            put_page(d->page);
    }
    void stop(struct demo *d)
    {
            put_page(d->page);
    }
    void look(struct demo *d)
    {
            lock_page(d->page);
    }
"""


@pytest.mark.parametrize(
    ("taking", "dropping", "line"),
    [
        (("one", "two"), ("drop", "stop"), ""),
        (("one", "two"), ("drop",), "put_page() releases them, too"),
        (("one", "two"), ("drop", "stop", "look"), "no release of these pages was found in look()"),
        (("one",), ("drop", "stop"), "takes pages that are released with those"),
    ],
)
def test_pairs_against_the_group(
    taking: tuple[str, ...], dropping: tuple[str, ...], line: str
) -> None:
    stated = of(ContractKind.PAIRED, acquired_in=taking, released_in=dropping)
    tree = tree_of({PATH: dedent(PAIRED)})
    program = Program(tree, Contracts((stated,)))
    groups = pair(tree, scan_of(tree), program=program).groups
    if not line:
        check_groups(program, groups)
        return
    with pytest.raises(Refusal, match=re.escape(line)):
        check_groups(program, groups)


def test_a_function_that_too_many_files_name(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = of(ContractKind.CALLERS, function="get", callers=("open", "other"))
    files = {**FILES, "drivers/more/get.c": "int get(void);\n"}
    checked(stated, files=files)
    monkeypatch.setattr("migrate.analysis.contracts.names.MOST", 1)
    assert "files name get(), too many to look at" in refused(stated, files).what
