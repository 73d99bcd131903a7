# SPDX-License-Identifier: GPL-2.0-only
"""Code with one gap each, and contracts by their kind."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from migrate.analysis.contract import Contract, ContractKind, Contracts, Does
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import PinGroup
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
