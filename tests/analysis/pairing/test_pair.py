# SPDX-License-Identifier: GPL-2.0-only
"""Pin groups: names, merging, traits, and what a cache may answer."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Acquire,
    Action,
    FollowSite,
    Pairing,
    PinGroup,
    Place,
    TraitKind,
    Unparsed,
    UseKind,
)
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.pair import _merged, pair
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.classify import verdict
from migrate.base import codec
from migrate.kernel.tree import open_tree
from tests.analysis.groups import acquire, group, release
from tests.analysis.memory import SKELETON, only_group, pairing_of, scan_of, tree_of

HERE = "drivers/demo/demo.c"
T, U = TraitKind, UseKind


def kinds(group: PinGroup) -> set[UseKind]:
    return {use.kind for use in group.uses}


def traits(group: PinGroup) -> set[TraitKind]:
    return {trait.kind for trait in group.traits}


def got(between: str = "", flags: str = "FOLL_WRITE", after: str = "put_page(page);") -> PinGroup:
    """One page, got and put in one function, with something in between."""
    return only_group(
        f"""
        struct demo {{
            struct page *page;
            unsigned long pfn;
            dma_addr_t bus;
        }};
        int f(struct demo *demo, struct device *dev, unsigned long start, bool write, int n)
        {{
            struct page *page;

            if (get_user_pages_fast(start, 1, {flags}, &page) != 1)
                return -EFAULT;
            {between}
            {after}
            return 0;
        }}
        """
    )


# Names and merging


def test_names_are_path_and_function_with_numbers_where_needed() -> None:
    text = """
    void f(unsigned long start)
    {
        struct page *a, *b;

        if (get_user_pages_fast(start, 1, 0, &a) == 1)
            put_page(a);
        if (get_user_pages_fast(start, 1, 0, &b) == 1)
            put_page(b);
    }
    void g(unsigned long start)
    {
        struct page *a;

        if (get_user_pages_fast(start, 1, 0, &a) == 1)
            put_page(a);
    }
    """
    names = [group.name for group in pairing_of({HERE: text}).groups]
    assert names == [f"{HERE}:f", f"{HERE}:f:2", f"{HERE}:g"]


def test_groups_are_in_the_order_of_their_places() -> None:
    text = "void f(unsigned long s)\n{\n\tstruct page *p;\n\tget_user_pages_fast(s, 1, 0, &p);\n}\n"
    files = {f"drivers/{name}/demo.c": text for name in "cab"}
    groups = pairing_of(files).groups
    assert [g.acquires[0].place.path for g in groups] == sorted(files)


def test_two_acquires_with_one_release_are_one_group() -> None:
    group = only_group(
        """
        void f(unsigned long start, bool slow)
        {
            struct page *page;

            if (slow)
                get_user_pages_unlocked(start, 1, &page, 0);
            else
                get_user_pages_fast(start, 1, 0, &page);
            put_page(page);
        }
        """
    )
    assert [a.name for a in group.acquires] == ["get_user_pages_unlocked", "get_user_pages_fast"]
    assert len(group.releases) == 1


def test_acquires_into_one_storage_are_one_group_even_if_never_released() -> None:
    text = """
    struct demo {
        struct page *page;
    };
    struct page *one(unsigned long start)
    {
        struct page *page;

        get_user_pages_fast(start, 1, 0, &page);
        return page;
    }
    void two(struct demo *demo, unsigned long start)
    {
        demo->page = one(start);
    }
    void three(struct demo *demo, unsigned long start)
    {
        struct page **pages = &demo->page;

        get_user_pages_unlocked(start, 1, pages, 0);
    }
    """
    names = {a.name for a in only_group(text).acquires}
    assert names == {"get_user_pages_fast", "one", "get_user_pages_unlocked"}


def gap(line: int) -> Gap:
    return Gap(GapKind.ON_A_LIST, Place(HERE, line, 1))


def by_hand(*numbers: int) -> PinGroup:
    """A group of the acquire at the first line and releases at the others."""
    first, *others = numbers
    releases = tuple(release(line) for line in others)
    return group(acquires=(acquire(first),), releases=releases, gaps=(gap(first),))


def lines(groups: list[PinGroup]) -> list[tuple[list[int], list[int]]]:
    return [
        ([a.place.line for a in g.acquires], [r.place.line for r in g.releases]) for g in groups
    ]


def test_groups_that_share_a_release_are_merged() -> None:
    (merged,) = _merged([by_hand(1, 20), by_hand(2, 20, 30)])
    assert lines([merged]) == [([1, 2], [20, 30])]
    assert merged.gaps == (gap(1), gap(2))
    apart = [by_hand(1, 20), by_hand(2, 30)]
    assert _merged(apart) == apart


def test_what_cannot_be_followed_in_one_is_not_in_both() -> None:
    site = FollowSite(Place("a.c", 1, 1), "vma", "at", "0", "", "page", True, "")
    can = replace(by_hand(1, 20), follows=(site,))
    cannot = replace(by_hand(2, 20), no_follow="the lock is not held")
    for pair_of in ([can, cannot], [cannot, can]):
        (merged,) = _merged(pair_of)
        assert (merged.follows, merged.no_follow) == ((), "the lock is not held")
    (merged,) = _merged([can, by_hand(2, 20)])
    assert (merged.follows, merged.no_follow) == ((site,), "")


def test_a_group_may_tie_two_others_together() -> None:
    assert lines(_merged([by_hand(1, 20), by_hand(2, 30), by_hand(3, 20, 30)])) == [
        ([1, 2, 3], [20, 30])
    ]


def test_an_acquire_outside_of_any_function_is_a_group_with_a_gap() -> None:
    (group,) = pairing_of({HERE: "int x = get_user_pages_fast(0, 1, 0, pages);\n"}).groups
    assert group.gaps[0].kind is GapKind.ACQUIRE_OUTSIDE_FUNCTION


def test_every_edge_has_its_evidence() -> None:
    group = got("demo->page = page;", after="put_page(demo->page);")
    (edge,) = [e for e in group.edges if e.target == "struct demo.page"]
    assert (edge.text, edge.place.path) == ("demo->page = page;", HERE)
    assert all(e.text for e in group.edges)


def test_structs_are_those_that_hold_pages() -> None:
    assert got("demo->page = page;").structs == ("demo",)
    assert got("demo->pfn = page_to_pfn(page);").structs == ()


# Uses


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("void *at = kmap(page); memcpy(at, dev, 8);", U.WRITE_DATA),
        ("void *at = kmap_local_page(page); memcpy(dev, at, 8);", U.READ_DATA),
        ("char *at = page_address(page); at[3] = 1;", U.WRITE_DATA),
        ("char *at = page_address(page); n = at[3];", U.READ_DATA),
        ("struct s *at = kmap(page); at->word = 1;", U.WRITE_DATA),
        ("struct s *at = kmap(page) + n; n = at->word;", U.READ_DATA),
        ("*(u32 *)kmap_atomic(page) = 1;", U.WRITE_DATA),
        ("__get_user(n, (int *)page_address(page));", U.READ_DATA),
        ("__put_user(n, (int *)page_address(page));", U.WRITE_DATA),
        ("((u32 *)kmap_atomic(page))[2] = 1;", U.WRITE_DATA),
        ("n = *(u32 *)kmap_atomic(page);", U.READ_DATA),
        ("do_something(page_address(page));", U.TOUCH_DATA),
        ("clear_highpage(page);", U.WRITE_DATA),
        ("demo->bus = dma_map_page(dev, page, 0, 8, 0);", U.DMA),
        ("set_page_dirty_lock(page);", U.DIRTY),
        ("SetPageDirty(page);", U.DIRTY),
        ("n = page_to_nid(page);", U.STRUCT_PAGE),
        ("n = page->flags;", U.STRUCT_PAGE),
        ("n = PageAnon(page);", U.STRUCT_PAGE),
        ("n = page_to_pfn(page);", U.PHYSICAL),
        ("demo->pfn = page_to_pfn(page);", U.PHYSICAL_KEPT),
        ("writeq(page_to_phys(page), dev);", U.PHYSICAL_KEPT),
        ("iowrite32(page_to_phys(page), dev);", U.PHYSICAL_KEPT),
        ("WRITE_ONCE(demo->pfn, page_to_pfn(page));", U.PHYSICAL_KEPT),
        ("put_unaligned(page_to_pfn(page), &demo->pfn);", U.PHYSICAL_KEPT),
        ("put_user(page_to_pfn(page), dev);", U.PHYSICAL_KEPT),
        ("n = page_to_pfn(page); memcpy(demo->ring, &n, 8);", U.PHYSICAL_KEPT),
        ("n = page_to_pfn(page); copy_to_user(dev, &n, 8);", U.PHYSICAL_KEPT),
        ("sg_dma_address(demo->sg) = page_to_phys(page);", U.PHYSICAL_KEPT),
        ("u64 *table = demo->table; table[n] = page_to_phys(page);", U.PHYSICAL_KEPT),
        ('asm volatile("" : : "r"(page_to_phys(page)));', U.PHYSICAL_KEPT),
        ("iommu_map(demo, 0, page_to_phys(page), 8, 0);", U.DMA),
        ('asm volatile("" : : "r"(page));', U.ESCAPES),
        ("demo->page = page;", U.STORED),
        ("WRITE_ONCE(demo->page, page);", U.STORED),
        ("get_page(page);", U.EXTRA_REFERENCE),
        ("atomic_inc(&page->_refcount);", U.EXTRA_REFERENCE),
        ("atomic_add(n, &page->_count);", U.EXTRA_REFERENCE),
        ("__free_page(page);", U.FREED),
        ("memory_failure(page_to_pfn(page), 0);", U.CONSUMED),
        ("hand_over(page);", U.ESCAPES),
        ("dev->ops->take(page);", U.ESCAPES),
        ("try_to_unmap(page, 0);", U.MANIPULATED),
    ],
)
def test_uses(code: str, kind: UseKind) -> None:
    group = got(code)
    found = [use for use in group.uses if use.kind is kind]
    assert found, kinds(group)
    assert found[0].place.path == HERE
    assert found[0].text == code or found[0].text in code


@pytest.mark.parametrize(
    "code",
    [
        "if (!page) return 0;",
        "if (IS_ERR(page)) return 0;",
        'pr_info("%p", page);',
        "demo->page = NULL;",
        "kunmap(page);",
        "BUG_ON(!page);",
    ],
)
def test_what_is_no_use(code: str) -> None:
    assert kinds(got(code)) == set()
    assert got(code).gaps == ()


@pytest.mark.parametrize(
    "code",
    [
        "n = page_to_pfn(page) == demo->pfn;",
        "if (page_to_phys(page) < demo->pfn) n = 2;",
        "switch (page_to_pfn(page)) { case 0: n = 1; }",
        'pr_info("%lx", page_to_pfn(page));',
        "n = hash_long(page_to_pfn(page), 6);",
        "n = jhash_1word(page_to_pfn(page), 0);",
        "hash_for_each_possible(demo_table, demo, node, page_to_pfn(page)) n++;",
        "hash_add(demo_table, &demo->node, page_to_pfn(page));",
        "n = page_to_pfn(page); n = jhash(&n, sizeof(n), 0);",
        "n = xa_load(demo->xa, page_to_pfn(page)) != NULL;",
        "u64 own[4]; own[0] = page_to_pfn(page); n = own[0] == own[1];",
    ],
)
def test_a_number_that_is_a_key_is_not_handed_on(code: str) -> None:
    assert kinds(got(code)) == {U.PHYSICAL}


@pytest.mark.parametrize(
    "code",
    [
        "memcpy(dev->buffer + (page_to_phys(page) & 15), dev->other, n);",
        "n = copy_to_user(demo, dev->buffer + offset_in_page(page_to_phys(page)), 8);",
        "memset(dev->buffer + page_to_pfn(page), 0, 8);",
    ],
)
def test_an_offset_made_of_its_number_does_not_touch_its_data(code: str) -> None:
    assert kinds(got(code)) == {U.PHYSICAL}


@pytest.mark.parametrize(
    "code", ["hand_over(page);", "dev->ops->take(page);", "xa_store(dev, 1, page);"]
)
def test_where_it_cannot_be_followed_there_is_a_gap(code: str) -> None:
    assert [gap.kind for gap in got(code).gaps] == [GapKind.PASSED_TO_UNKNOWN]


def test_a_page_on_a_list_is_a_gap() -> None:
    found = got("list_add(&page->lru, &dev->pages);").gaps
    assert [gap.kind for gap in found] == [GapKind.ON_A_LIST]


def test_no_release_is_a_gap() -> None:
    assert got(after="").gaps == (Gap(GapKind.NO_RELEASE),)


# Traits


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("0", set()),
        ("FOLL_WRITE", {T.MAY_WRITE}),
        ("FOLL_FORCE", set()),
        ("write ? FOLL_WRITE : 0", {T.MAY_WRITE}),
        ("FOLL_WRITE | FOLL_LONGTERM", {T.MAY_WRITE, T.LONGTERM}),
        ("FOLL_LONGTERM", {T.LONGTERM}),
        ("1", {T.MAY_WRITE, T.BOOL_FLAGS}),
        ("n == 1", {T.MAY_WRITE, T.BOOL_FLAGS}),
        ("n > 1 || write", {T.MAY_WRITE, T.BOOL_FLAGS}),
        ("n", {T.MAY_WRITE}),
        ("demo->flags", {T.MAY_WRITE}),
    ],
)
def test_traits_of_flags(flags: str, expected: set[TraitKind]) -> None:
    found = traits(got(flags=flags)) & {T.MAY_WRITE, T.LONGTERM, T.BOOL_FLAGS}
    assert found == expected


def test_flags_in_a_variable_are_all_that_is_assigned_to_it() -> None:
    text = """
    void f(unsigned long start, bool write)
    {
        unsigned int flags = FOLL_LONGTERM;
        struct page *page;

        if (write)
            flags |= FOLL_WRITE;
        get_user_pages_fast(start, 1, flags, &page);
        put_page(page);
    }
    """
    assert {T.LONGTERM, T.MAY_WRITE} <= traits(only_group(text))
    assert T.MAY_WRITE not in traits(only_group(text.replace("flags |= FOLL_WRITE", "g()")))


def test_put_at_once_is_with_nothing_in_between_that_uses_the_page() -> None:
    assert T.PUT_AT_ONCE in traits(got())
    assert T.PUT_AT_ONCE in traits(got("n = page_to_nid(page);"))
    assert T.PUT_AT_ONCE not in traits(got("writeq(page_to_phys(page), dev);"))
    assert T.PUT_AT_ONCE not in traits(got("wait_for(dev);"))


@pytest.mark.parametrize("section", ["pagefault", "local_irq", "preempt"])
def test_the_end_of_a_section_uses_no_page(section: str) -> None:
    """A lookup in perf_virt_to_phys() of Linux 5.4 is in one, and put_page() behind it."""
    assert T.PUT_AT_ONCE in traits(got(f"n = page_to_pfn(page); {section}_enable();"))
    assert T.PUT_AT_ONCE not in traits(got(f"{section}_enable(); wait_for(dev);"))
    assert T.PUT_AT_ONCE not in traits(got(f"{section}_enable_and_wait();"))


def test_long_lived_is_kept_and_released_elsewhere() -> None:
    kept = """
    struct demo {
        struct page *page;
    };
    void f(struct demo *demo, unsigned long start)
    {
        get_user_pages_fast(start, 1, 0, &demo->page);
    }
    void g(struct demo *demo)
    {
        put_page(demo->page);
    }
    """
    assert T.LONG_LIVED in traits(only_group(kept))
    assert T.LONG_LIVED not in traits(got("demo->page = page;"))


def test_pages_null_and_fast_only() -> None:
    text = "void f(unsigned long s)\n{\n\tget_user_pages(s, 1, 0, NULL, NULL);\n}\n"
    group = only_group(text)
    assert T.PAGES_NULL in traits(group)
    assert (group.releases, group.gaps) == ((), ())
    fast = only_group(
        "void f(unsigned long s)\n{\n\tstruct page *p;\n\n"
        "\tif (get_user_page_fast_only(s, 0, &p))\n\t\tput_page(p);\n}\n"
    )
    assert T.FAST_ONLY in traits(fast)


@pytest.mark.parametrize("path", ["mm/gup.c", "mm/gup_test.c"])
def test_the_implementation(path: str) -> None:
    text = "void f(unsigned long s)\n{\n\tstruct page *p;\n\tget_user_pages_fast(s, 1, 0, &p);\n}\n"
    (group,) = pairing_of({path: text}).groups
    assert T.IMPLEMENTATION in traits(group)


@pytest.mark.parametrize("name", ["pin_user_pages", "get_user_page_nowait"])
def test_a_static_function_of_a_driver_by_a_name_of_the_api(name: str) -> None:
    """What a driver calls its own function says nothing about what the function is."""
    text = f"""
    static int {name}(unsigned long start, int nr, int flags, struct page **pages)
    {{
        return get_user_pages_fast(start, nr, flags, pages);
    }}
    int f(unsigned long start, struct device *dev)
    {{
        struct page *pages[2];
        int got = {name}(start, 2, FOLL_WRITE, pages), i;

        for (i = 0; i < got; i++) {{
            dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_FROM_DEVICE);
            put_page(pages[i]);
        }}
        return 0;
    }}
    """
    found = only_group(text)
    assert T.IMPLEMENTATION not in traits(found)
    assert found.complete, found.gaps
    assert U.OTHER_SOURCE not in kinds(found)
    assert verdict(found, True).action is Action.PIN


@pytest.mark.parametrize("path", ["mm/util.c", "arch/mips/mm/fast.c", "include/linux/gup.h"])
def test_a_function_of_the_family_where_the_kernel_has_it(path: str) -> None:
    text = (
        "int get_user_pages_longterm(unsigned long s)\n{\n\tstruct page *p;\n"
        "\treturn get_user_pages_fast(s, 1, 0, &p);\n}\n"
    )
    (group,) = pairing_of({path: text}).groups
    assert T.IMPLEMENTATION in traits(group)


@pytest.mark.parametrize(
    ("kept", "found", "complete"),
    [
        ("kcalloc(2, 8, 0)", "pfn_to_page(d->kept[0])", True),
        ("kcalloc(2, 8, 0)", "virt_to_page(d->kept[0])", False),
        ("__pa(kmalloc(8, 0))", "pfn_to_page(d->kept[0])", False),
        ("virt_to_phys(kmalloc(8, 0))", "pfn_to_page(d->kept[0])", False),
    ],
)
def test_memory_that_numbers_of_pages_are_kept_in(kept: str, found: str, complete: bool) -> None:
    """An array of page frame numbers is no page frame number; the address of memory is one's."""
    text = f"""
    struct demo {{
        unsigned long *kept;
    }};
    int f(struct demo *d, unsigned long start)
    {{
        struct page *page;

        d->kept = {kept};
        if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
            return -EFAULT;
        d->kept[0] = page_to_pfn(page);
        return 0;
    }}
    void g(struct demo *d)
    {{
        put_page({found});
    }}
    """
    group = only_group(text)
    foreign = [use.text for use in group.uses if use.kind is U.OTHER_SOURCE]
    assert (not foreign) == complete, foreign


def test_a_notifier_in_this_file_another_and_around() -> None:
    register = "void r(struct demo *d)\n{\n\tmmu_interval_notifier_insert(&d->mn, 0, 0, 0, 0);\n}\n"
    text = (
        "struct demo {\n\tint mn;\n\tstruct page *page;\n};\n"
        "void f(struct demo *demo, unsigned long s)\n{\n"
        "\tget_user_pages_fast(s, 1, 0, &demo->page);\n\tput_page(demo->page);\n}\n"
    )
    here = only_group(text + register)
    (trait,) = [t for t in here.traits if t.kind is T.NOTIFIER_FILE]
    assert trait.subject == "demo"
    near = pairing_of({HERE: text, "drivers/demo/mn.c": register}).groups[0]
    (trait,) = [t for t in near.traits if t.kind is T.NOTIFIER_NEAR]
    assert trait.evidence.place.path == "drivers/demo/mn.c"
    far = pairing_of({HERE: text, "drivers/other/mn.c": register}).groups[0]
    assert not {T.NOTIFIER_FILE, T.NOTIFIER_NEAR} & traits(far)
    assert T.NOTIFIER_HERE in traits(got("if (mmu_interval_read_retry(dev, n)) n = 1;"))


# The cache


class Memory(dict[str, str]):
    """A cache in memory."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


DRIVER = {
    "drivers/demo/demo.h": """
        #include <linux/mm.h>
        struct demo {
            struct page *page;
            int nr;
        };
        void demo_free(struct demo *demo);
        """,
    "drivers/demo/get.c": """
        #include "demo.h"
        int demo_get(struct demo *demo, unsigned long start)
        {
            if (get_user_pages_fast(start, 1, FOLL_WRITE, &demo->page) != 1)
                return -EFAULT;
            memset(page_address(demo->page), 0, PAGE_SIZE);
            demo_note(demo->page);
            return 0;
        }
        """,
    "drivers/demo/free.c": """
        #include "demo.h"
        void demo_free(struct demo *demo)
        {
            put_page(demo->page);
        }
        """,
    "include/linux/demo_note.h": """
        static inline void demo_note(struct page *page)
        {
            SetPageDirty(page);
        }
        """,
    "drivers/other/other.c": """
        void other(unsigned long start)
        {
            struct page *page;

            if (get_user_pages_fast(start, 1, 0, &page) == 1)
                put_page(page);
        }
        """,
}
MORE = '#include "demo.h"\nvoid demo_%s(struct demo *demo)\n{\n\tput_page(demo->page);\n}\n'
EDITS: dict[str, dict[str, str]] = {
    "a release in the same file": {
        "drivers/demo/free.c": DRIVER["drivers/demo/free.c"] + MORE % "a"
    },
    "a release in a new file": {"drivers/demo/new.c": MORE % "b"},
    "a release in a folder below": {"drivers/demo/sub/new.c": MORE.replace('"', '"../', 1) % "c"},
    "a release in another folder": {"drivers/far/new.c": MORE.replace('"', '"../demo/', 1) % "d"},
    "a header of the driver": {
        "drivers/demo/demo.h": DRIVER["drivers/demo/demo.h"]
        + "static inline void demo_x(struct demo *d)\n{\n\tput_page(d->page);\n}\n"
    },
    "an inline function of a public header": {
        "include/linux/demo_note.h": "static inline void demo_note(struct page *page)\n{\n"
        "\tget_page(page);\n}\n"
    },
    "a macro of a public header": {
        "include/linux/demo_note.h": "#define demo_note(page) put_page(page)\n"
    },
    "a notifier in a new file": {
        "drivers/demo/mn.c": '#include "demo.h"\nvoid r(struct demo *d)\n{\n'
        "\tmmu_interval_notifier_insert(&d->nr, 0, 0, 0, 0);\n}\n"
    },
    "the release removed": {"drivers/demo/free.c": "int nothing;\n"},
    "the pages from elsewhere, too": {
        "drivers/demo/new.c": '#include "demo.h"\nvoid demo_new(struct demo *demo)\n{\n'
        "\tdemo->page = alloc_page(GFP_KERNEL);\n}\n"
    },
    "blank lines in front": {"drivers/demo/get.c": "\n\n\n" + dedent(DRIVER["drivers/demo/get.c"])},
    "another group only": {"drivers/other/other.c": "int other;\n"},
}


@pytest.fixture
def driver(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """`driver(files)`: a checkout of the skeleton and the driver with `files` on top, committed."""
    root = tmp_path / "linux"

    def commit(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        for args in (("add", "-A", "-f"), ("commit", "-q", "-m", "next", "--allow-empty")):
            subprocess.run(["git", "-C", str(root), *args], check=True, capture_output=True)
        return root

    shutil.copytree(SKELETON, root)
    subprocess.run(["git", "init", "-q", str(root)], check=True, capture_output=True)
    commit(DRIVER)
    return commit


def paired(root: Path, cache: Memory | None) -> Pairing:
    tree = open_tree(root)
    return pair(tree, scan_of(tree), cache=cache)


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions whose groups were worked out and not taken from the cache."""
    functions: list[str] = []
    real = Grouper.group

    def group(self: Grouper, first: Acquire) -> Traced:
        functions.append(first.function)
        return real(self, first)

    monkeypatch.setattr(Grouper, "group", group)
    return functions


def test_a_second_run_is_answered_by_the_cache(
    driver: Callable[[dict[str, str]], Path], worked_out: list[str]
) -> None:
    root, cache = driver({}), Memory()
    first = paired(root, cache)
    assert sorted(worked_out) == ["demo_get", "other"]
    worked_out.clear()
    assert paired(root, cache).groups == first.groups
    assert worked_out == []


def test_a_stored_group_is_of_one_world(
    driver: Callable[[dict[str, str]], Path], worked_out: list[str]
) -> None:
    root, cache = driver({}), Memory()
    paired(root, cache)
    worked_out.clear()
    tree = open_tree(root)
    pair(tree, scan_of(tree), cache=cache, program=Program(tree, open_world=True))
    assert sorted(worked_out) == ["demo_get", "other"]
    worked_out.clear()
    paired(root, cache)
    assert worked_out == []


def test_what_is_in_the_group_of_another_acquire_is_answered_by_the_cache_as_well(
    driver: Callable[[dict[str, str]], Path], worked_out: list[str]
) -> None:
    again = dedent(DRIVER["drivers/demo/get.c"]) + dedent("""
        int demo_more(struct demo *demo, unsigned long start)
        {
            return get_user_pages_fast(start, 1, FOLL_WRITE, &demo->page);
        }
        """)
    root, cache = driver({"drivers/demo/get.c": again}), Memory()
    first = paired(root, cache)
    assert sorted(worked_out) == ["demo_get", "other"]
    worked_out.clear()
    assert paired(root, cache) == first
    assert worked_out == []


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_after_an_edit_the_cache_says_what_a_fresh_run_says(
    edit: dict[str, str], driver: Callable[[dict[str, str]], Path]
) -> None:
    cache = Memory()
    before = paired(driver({}), cache)
    root = driver(edit)
    fresh = paired(root, None)
    assert codec.dumps(paired(root, cache)) == codec.dumps(fresh)
    changed = [group for group in fresh.groups if group not in before.groups]
    assert changed or len(fresh.groups) < len(before.groups), "an edit that changes nothing"


PUBLIC = {
    "include/linux/demo_public.h": "struct demo_public {\n\tstruct page *page;\n};\n",
    "drivers/public/get.c": "#include <linux/demo_public.h>\n"
    "void public_get(struct demo_public *p, unsigned long at)\n{\n"
    "\tif (get_user_pages_fast(at, 1, FOLL_WRITE, &p->page) != 1)\n\t\treturn;\n"
    "\tclear_highpage(p->page);\n\tput_page(p->page);\n}\n",
}
FAR = {
    "sound/far.c": "#include <linux/demo_public.h>\n"
    "void far_put(struct demo_public *p)\n{\n\tput_page(p->page);\n}\n"
}


def test_after_an_edit_anywhere_the_tree_is_searched_anew(
    driver: Callable[[dict[str, str]], Path],
) -> None:
    cache = Memory()
    paired(driver(PUBLIC), cache)
    root = driver(FAR)
    found = paired(root, cache)
    assert codec.dumps(found) == codec.dumps(paired(root, None))
    (group,) = [g for g in found.groups if g.acquires[0].function == "public_get"]
    assert [r.place.path for r in group.releases] == ["drivers/public/get.c", "sound/far.c"]
    assert not group.gaps


SEEING = {
    "sound/near/other.c": "int other;\n",
    "sound/seeing/seeing.c": "#include <linux/demo_public.h>\nint seeing;\n",
    "sound/reading/reading.c": "#include <linux/demo_public.h>\n"
    "int reading(struct demo_public *p)\n{\n\treturn p->page ? 1 : 0;\n}\n",
}
PUT = "void far_put(struct demo_public *p)\n{\n\tput_page(p->page);\n}\n"
FAR_EDITS: dict[str, tuple[dict[str, str], bool]] = {
    "no code at all": ({"Makefile": "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n# more\n"}, False),
    "code of somebody else": ({"sound/near/other.c": "int other(int a)\n{ return a; }\n"}, False),
    "no word of the group": (
        {"sound/seeing/seeing.c": SEEING["sound/seeing/seeing.c"] + "int more;\n"},
        False,
    ),
    "the word in who sees it": (
        {"sound/seeing/seeing.c": SEEING["sound/seeing/seeing.c"] + PUT},
        True,
    ),
    "the word in who includes it now": (
        {"sound/near/other.c": "#include <linux/demo_public.h>\n" + PUT},
        True,
    ),
    "an #include": ({"sound/near/other.c": "#include <linux/demo_public.h>\nint other;\n"}, True),
    "what was read": (
        {"sound/reading/reading.c": SEEING["sound/reading/reading.c"] + PUT},
        True,
    ),
    "a new file": ({"sound/near/new.c": "int new;\n"}, True),
}


@pytest.mark.parametrize("edit", FAR_EDITS.values(), ids=list(FAR_EDITS))
def test_a_group_is_made_anew_only_when_a_search_of_the_tree_may_differ(
    edit: tuple[dict[str, str], bool],
    driver: Callable[[dict[str, str]], Path],
    worked_out: list[str],
) -> None:
    files, anew = edit
    cache = Memory()
    paired(driver(PUBLIC | SEEING), cache)
    worked_out.clear()
    root = driver(files)
    found = paired(root, cache)
    assert ("public_get" in worked_out) is anew
    assert codec.dumps(found) == codec.dumps(paired(root, None))


def test_a_group_is_made_anew_when_the_commit_before_is_gone(
    driver: Callable[[dict[str, str]], Path], worked_out: list[str]
) -> None:
    cache = Memory()
    root = driver(PUBLIC | SEEING)
    paired(root, cache)
    for key, text in cache.items():
        cache[key] = text.replace(open_tree(root).commit, "0" * 40)
    worked_out.clear()
    paired(root, cache)
    assert worked_out == ["public_get"]


PUMP = {
    "drivers/linden/pump/Makefile": "obj-y += core/ valve/\n",
    "drivers/linden/pump/core/pump.h": "#include <linux/mm.h>\n"
    "struct pump {\n\tstruct page *page;\n};\n",
    "drivers/linden/pump/core/pump.c": '#include "pump.h"\n'
    "void pump_fill(struct pump *p, unsigned long at)\n{\n"
    "\tif (get_user_pages_fast(at, 1, FOLL_WRITE, &p->page) == 1)\n\t\tput_page(p->page);\n}\n",
    "drivers/linden/pump/valve/valve.c": '#include "../core/pump.h"\n'
    "void valve_break(struct pump *p)\n{\n\tput_page(p->page);\n}\n",
}


def test_after_an_edit_of_a_makefile_more_may_be_one_driver(
    driver: Callable[[dict[str, str]], Path],
) -> None:
    cache = Memory()
    paired(driver(PUMP), cache)
    root = driver({"drivers/linden/pump/Makefile": "pump-y := core/pump.o valve/valve.o\n"})
    found = paired(root, cache)
    assert codec.dumps(found) == codec.dumps(paired(root, None))
    (group,) = [g for g in found.groups if g.acquires[0].function == "pump_fill"]
    assert len(group.releases) == 2


def test_after_an_edit_other_groups_are_answered_by_the_cache(
    driver: Callable[[dict[str, str]], Path], worked_out: list[str]
) -> None:
    cache = Memory()
    paired(driver({}), cache)
    worked_out.clear()
    paired(driver(EDITS["a release in the same file"]), cache)
    assert worked_out == ["demo_get"]


@pytest.mark.parametrize("damage", ["", "{}", "[]", "null", '{"traced": {}, "folders": []}'])
def test_a_damaged_entry_is_made_anew(
    damage: str, driver: Callable[[dict[str, str]], Path]
) -> None:
    root, cache = driver({}), Memory()
    first = paired(root, cache)
    for key in cache:
        cache[key] = damage
    assert paired(root, cache) == first


def test_pairing_needs_no_progress_and_reports_it() -> None:
    tree = tree_of(DRIVER)
    seen: list[tuple[str, int, int]] = []
    pair(tree, scan_of(tree), progress=lambda *a: seen.append(a))
    assert "acquires followed" in {what for what, _, _ in seen}
    assert all(0 <= done <= total for _, done, total in seen)


def test_that_a_finder_does_not_parse_it_is_the_first_thing_said() -> None:
    tree = tree_of(
        {HERE: "void f(void)\n{\n\tstruct page *p;\n\tget_user_pages(0, 1, 0, &p);\n}\n"}
    )
    found = scan_of(tree)
    (site,) = found.acquires
    skipped = Unparsed(site.place, "f", GapKind.SPATCH_SKIPS)
    (got,) = pair(tree, replace(found, unparsed=(skipped,))).groups
    assert got.gaps[0] == skipped.gap
    assert len(got.gaps) > 1


def test_where_a_page_is_in_its_folio_is_a_number() -> None:
    whole = got("demo->pfn = page_folio(page)->index + folio_page_idx(page_folio(page), page);")
    assert (kinds(whole), whole.gaps) == ({U.STRUCT_PAGE}, ())
    assert U.STRUCT_PAGE not in kinds(got("demo->pfn = page_to_pfn(page);"))


def test_a_parameter_that_is_given_another_page_is_not_only_what_callers_pass() -> None:
    text = """
        static void drop(struct page *page, int other)
        {
            if (other)
                page = alloc_page(0);
            put_page(page);
        }
        int get(unsigned long at)
        {
            struct page *page;
            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            drop(page, 0);
            return 0;
        }
        """
    found = only_group(text).gaps
    assert [(g.kind, g.function) for g in found] == [(GapKind.FROM_OTHER_CALL, "alloc_page")]
    assert only_group(text.replace("page = alloc_page(0);", "other++;")).gaps == ()


def test_where_an_address_goes_matters_only_when_nothing_is_released() -> None:
    text = """
        unsigned long get(unsigned long at)
        {
            struct page *page;
            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return 0;
            put_page(page);
            return page_to_pfn(page);
        }
        """
    assert only_group(text).gaps == ()
    lost = only_group(text.replace("put_page(page);", ""))
    assert {(gap.kind, gap.function) for gap in lost.gaps} == {
        (GapKind.RETURNED_TO_UNKNOWN, "get"),
        (GapKind.NO_RELEASE, ""),
    }


def test_a_call_with_too_few_arguments_is_not_followed() -> None:
    """The code does not compile, but it is looked at."""
    text = """
        static int get(unsigned long at, struct page **page)
        {
            return get_user_pages_fast(at, 1, FOLL_WRITE, page);
        }
        int user(unsigned long at)
        {
            struct page *page;
            get(at);
            get(at, &page);
            put_page(page);
            return 0;
        }
        """
    group = only_group(text)
    assert [r.text for r in group.releases] == ["put_page(page);"]


def test_pages_that_are_copied_over_the_acquired_ones_may_be_others() -> None:
    text = """
        int get(unsigned long at, struct page **others)
        {
            struct page *pages[4];
            int i;
            if (get_user_pages_fast(at, 4, FOLL_WRITE, pages) != 4)
                return -1;
            memcpy(pages, others, sizeof(pages));
            for (i = 0; i < 4; i++)
                put_page(pages[i]);
            return 0;
        }
        """
    (lost,) = only_group(text).gaps
    assert (lost.kind, lost.function) == (GapKind.SOURCE_CALLERS_UNKNOWN, "get")
    assert only_group(text.replace("memcpy(pages, others, sizeof(pages));", "")).gaps == ()


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ("void *at_hand = page_address(page);", "virt_to_page(at_hand)"),
        ("unsigned long at_hand = page_to_pfn(page);", "pfn_to_page(at_hand)"),
    ],
)
def test_a_page_that_is_found_again_by_what_was_made_of_it(there: str, back: str) -> None:
    text = """
        int get(unsigned long at)
        {
            struct page *page;
            if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
                return -1;
            THERE
            put_page(BACK);
            return 0;
        }
        """
    group = only_group(text.replace("THERE", there).replace("BACK", back))
    assert [r.text for r in group.releases] == [f"put_page({back});"]
    assert group.gaps == ()


def test_a_helper_that_fills_a_member_for_its_caller() -> None:
    text = """
        struct demo {
            struct page *page;
        };
        static int get(unsigned long at, struct page **page)
        {
            return get_user_pages_fast(at, 1, FOLL_WRITE, page);
        }
        int fill(struct demo *d, unsigned long at)
        {
            return get(at, &d->page);
        }
        void drop(struct demo *d)
        {
            put_page(d->page);
        }
        """
    group = only_group(text)
    assert group.gaps == ()
    assert group.structs == ("demo",)
    assert [(u.function, u.kind) for u in group.uses] == [("fill", UseKind.STORED)]
    assert [r.function for r in group.releases] == ["drop"]


def test_a_count_of_references_that_is_only_read_is_no_other_reference() -> None:
    assert U.EXTRA_REFERENCE not in kinds(got("n = atomic_read(&page->_refcount);"))


@pytest.mark.xfail(strict=True, reason="a difference of pointers counts as one of them")
def test_a_difference_of_pointers_is_no_address() -> None:
    code = "char *at = page_address(page); long far = at - demo->base; *(demo->own + far) = 1;"
    assert U.WRITE_DATA not in kinds(got(code))


RENAMED = """
static inline void own_sync(struct device *dev, struct page *page, int n)
{
    memset(page_address(page), 0, n);
}
#define %s own_sync
"""


def test_a_function_of_the_driver_under_a_name_of_the_kernels_is_looked_into() -> None:
    code = """
    #include "demo.h"
    int f(struct device *dev, unsigned long start)
    {
        struct page *page;

        if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
            return -14;
        dma_sync_sg_for_cpu(dev, page, 8);
        put_page(page);
        return 0;
    }
    """
    own = {HERE: code, "drivers/demo/demo.h": RENAMED % "dma_sync_sg_for_cpu"}
    (group,) = pairing_of(own).groups
    assert (kinds(group), group.gaps) == ({U.MAP, U.WRITE_DATA}, ())
    (plain,) = pairing_of(own | {"drivers/demo/demo.h": RENAMED % "another"}).groups
    assert (kinds(plain), plain.gaps) == ({U.DMA}, ())
    standing_in = (RENAMED % "dma_sync_sg_for_cpu").replace("own_sync", "own_dma_sync_sg_for_cpu")
    (same,) = pairing_of(own | {"drivers/demo/demo.h": standing_in}).groups
    assert (kinds(same), same.gaps) == ({U.DMA}, ())


def test_a_release_under_a_name_of_another_is_none() -> None:
    code = """
    #define put_page put_user_page
    int f(struct device *dev, unsigned long start)
    {
        struct page *page;

        if (get_user_pages_fast(start, 1, FOLL_WRITE, &page) != 1)
            return -14;
        put_page(page);
        return 0;
    }
    """
    group = only_group(code)
    assert group.releases == ()
    assert (GapKind.PASSED_TO_UNKNOWN, "put_page") in [(g.kind, g.function) for g in group.gaps]
