# SPDX-License-Identifier: GPL-2.0-only
"""Where the pages of an acquire go, by its arguments; and the folders that a group depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from migrate.analysis.edges import EdgeKind
from migrate.analysis.model import UseKind
from migrate.analysis.pairing.closure import pages_position
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from tests.analysis.groups import acquire, gaps_of
from tests.analysis.memory import only_group, pairing_of, scan_of, tree_of

HERE = "drivers/demo/demo.c"


def first_traced(files: Mapping[str, str]) -> Traced:
    """The group of the first acquire, with what it depends on."""
    tree = tree_of(files)
    scan = scan_of(tree)
    return Grouper(Program(tree), scan.acquires).group(scan.acquires[0])


def with_roles(*roles: str) -> int | None:
    return pages_position(replace(acquire(), arguments=roles, roles=roles))


def test_the_argument_with_the_pages() -> None:
    assert with_roles("start", "nr_pages", "pages") == 2
    assert with_roles("start", "page") == 1
    assert with_roles("pagep", "start") == 0
    assert with_roles("start", "gup_flags") == -1, "they are the result"
    assert with_roles() is None


# What is acquired into


def into(argument: str, before: str = "") -> str:
    return f"""
struct inner {{
	struct page *page;
}};
struct demo {{
	struct page **pages;
	struct inner inner;
	int nr;
}};
static struct page *one;
void f(struct demo *demo, unsigned long start, struct page **filled, int i)
{{
	struct demo own;
	struct page *pages[4];
	{before}

	get_user_pages_fast(start, 1, 0, {argument});
}}
"""


@pytest.mark.parametrize(
    ("argument", "target", "stored"),
    [
        ("demo->pages", "struct demo.pages", True),
        ("demo->pages + i", "struct demo.pages", True),
        ("&demo->inner.page", "struct inner.page", True),
        ("&own.inner.page", "struct inner.page", False),
        ("&one", "one", True),
    ],
)
def test_a_member_or_a_global_keeps_them(argument: str, target: str, stored: bool) -> None:
    group = only_group(into(argument))
    first = group.edges[0]
    assert (first.kind, first.target) == (EdgeKind.ACQUIRED, target)
    kept = [use for use in group.uses if use.kind is UseKind.STORED]
    assert [(use.function, use.text) for use in kept] == [
        ("f", f"get_user_pages_fast(start, 1, 0, {argument});")
    ] * stored


@pytest.mark.parametrize("argument", ["pages", "pages + i", "&pages[i]", "i + pages"])
def test_a_local_array_keeps_nothing_and_its_index_holds_none(argument: str) -> None:
    for before in ("", "note_of(i);"):
        group = only_group(into(argument, before))
        assert (group.edges, gaps_of(group)) == ((), ["no-release"])


def test_a_count_beside_what_is_not_declared_holds_none() -> None:
    gaps = only_group(into("elsewhere + i", "note_of(i);")).gaps
    assert gaps == only_group(into("elsewhere")).gaps != ()


def test_a_parameter_is_filled_for_the_callers() -> None:
    assert gaps_of(only_group(into("filled"))) == [
        f"filled-for-unknown {HERE}:11 f",
        "no-release",
    ]


@pytest.mark.parametrize("argument", ["0 + 1", "(void *)1"])
def test_what_is_no_variable(argument: str) -> None:
    assert f"pages-argument-no-variable {HERE}:17" in gaps_of(only_group(into(argument)))


def test_arguments_of_another_prototype() -> None:
    (group,) = pairing_of(
        {HERE: "void f(struct page **p)\n{\n\tget_user_pages_fast(0, 1, 0, p, 0);\n}\n"}
    ).groups
    assert gaps_of(group) == [
        f"acquire-other-prototype {HERE}:3 get_user_pages_fast",
        "no-release",
    ]


RETURNED = """
void f(struct mm_struct *mm)
{
	struct page *page = get_user_page_vma_remote(mm, 0, 0, 0);

	put_page(page);
}
"""


def test_without_a_prototype_nobody_knows_which_argument_it_is() -> None:
    tree = tree_of({HERE: "void f(struct page **p)\n{\n\tget_user_pages_fast(0, 1, 0, p);\n}\n"})
    (known,) = scan_of(tree).acquires
    found = Grouper(Program(tree), (unknown := replace(known, roles=()),)).group(unknown)
    assert gaps_of(found.group) == [f"pages-argument-unknown {HERE}:3", "no-release"]


def test_the_result_of_the_call() -> None:
    prototype = (
        "struct page *get_user_page_vma_remote(struct mm_struct *mm, unsigned long addr,\n"
        "\tint gup_flags, struct vm_area_struct **vmap);\n"
    )
    files = {"include/linux/mm.h": prototype, HERE: RETURNED}
    (group,) = pairing_of(files).groups
    assert group.gaps == ()
    assert [r.place.line for r in group.releases] == [6]
    kept = RETURNED.replace("struct page *page", "global_page")
    (group,) = pairing_of(files | {HERE: kept.replace("(page)", "(global_page)")}).groups
    assert gaps_of(group) == ["global-undeclared global_page"]


def test_outside_of_a_function() -> None:
    (group,) = pairing_of({HERE: "int x = get_user_pages_fast(0, 1, 0, pages);\n"}).groups
    assert gaps_of(group) == [f"acquire-outside-function {HERE}:1", "no-release"]


# Conditions

HALVES = """
#ifdef CONFIG_X
void get(struct demo *demo, unsigned long start)
{
	get_user_pages_fast(start, 1, 0, &demo->page);
}
#else
void put(struct demo *demo)
{
	put_page(demo->page);
}
#endif
"""
STRUCT = "struct demo {\n\tstruct page *page;\n};\n"


def test_a_release_that_is_never_compiled_with_the_acquire_is_none() -> None:
    assert only_group(STRUCT + HALVES).releases == ()
    both = only_group(STRUCT + HALVES.replace("#else", "#endif\n#ifdef CONFIG_Y"))
    assert [release.place.line for release in both.releases] == [14]


def test_conditions_of_one_acquire_do_not_hide_releases_of_another() -> None:
    second = "void more(struct demo *demo)\n{\n\tget_user_pages_fast(0, 1, 0, &demo->page);\n}\n"
    group = only_group(STRUCT + HALVES + second)
    assert [a.function for a in group.acquires] == ["get", "more"]
    assert [release.function for release in group.releases] == ["put"]


CALLERS = """
#ifdef CONFIG_X
static struct page *get(void)
{
	struct page *page;

	get_user_pages_fast(0, 1, 0, &page);
	return page;
}
#else
static void never(void)
{
	put_page(get());
}
#endif
void always(void)
{
	put_page(get());
}
"""


def test_a_caller_that_is_never_compiled_does_not_hide_the_next() -> None:
    assert [release.function for release in only_group(CALLERS).releases] == ["always"]


# Folders

ALWAYS = ("arch/x86/include", "include")


def test_a_group_depends_on_its_own_folder_and_the_headers() -> None:
    text = "void f(struct page *p)\n{\n\tget_user_pages_fast(0, 1, 0, &p);\n\tput_page(p);\n}\n"
    for path, folder in ((HERE, "drivers/demo"), ("fs/a.c", "fs")):
        assert set(first_traced({path: text}).folders) == {*ALWAYS, folder}
    arm = first_traced({"arch/arm/mm/x.c": text}).folders
    assert {"arch/arm/include", "arch/x86/include", "include"} < set(arm)


def test_where_anybody_may_call_a_release_any_file_may_change_the_group() -> None:
    public = "#include <linux/demo.h>\n"
    files = {
        "include/linux/demo.h": "void demo_put(struct page *page);\n",
        "drivers/demo/a.c": f"{public}void f(void)\n{{\n\tstruct page *page;\n\n"
        "\tget_user_pages_fast(0, 1, 0, &page);\n\tdemo_put(page);\n}\n",
        "drivers/demo/b.c": f"{public}void demo_put(struct page *page)\n"
        "{\n\tput_page(page);\n}\n",
    }
    assert set(first_traced(files).folders) == {*ALWAYS, "drivers/demo", ""}


@pytest.mark.parametrize(("static", "wide"), [("", True), ("static ", False)])
def test_where_a_variable_is_not_static_any_file_may_name_it_tomorrow(
    static: str, wide: bool
) -> None:
    text = (
        f"{static}struct page *the_only_page;\nvoid f(void)\n{{\n"
        "\tget_user_pages_fast(0, 1, 0, &the_only_page);\n\tput_page(the_only_page);\n}\n"
    )
    traced = first_traced({HERE: text})
    assert traced.group.gaps == ()
    assert set(traced.folders) == {*ALWAYS, "drivers/demo", *([""] * wide)}


PUBLIC = {
    "include/linux/demo.h": "struct demo {\n\tstruct page *page;\n};\n",
    "fs/other.c": "int other;\n",
}


@pytest.mark.parametrize(
    "text",
    [
        # Only the acquire, and only a release
        "void f(struct demo *d)\n{\n\tget_user_pages_fast(0, 1, 0, &d->page);\n}\n",
        "static void drop(struct page *page)\n{\n\tput_page(page);\n}\n"
        "void f(struct demo *d)\n{\n\tstruct page *page;\n\n"
        "\tget_user_pages_fast(0, 1, 0, &page);\n\tdrop(page);\n\tdrop(d->page);\n}\n",
    ],
)
def test_where_a_struct_is_public_any_file_may_change_the_group(text: str) -> None:
    files = PUBLIC | {HERE: f"#include <linux/demo.h>\n{text}"}
    assert "" in first_traced(files).folders
    own = text.replace("void f", "struct demo {\n\tstruct page *page;\n};\nvoid f", 1)
    assert "" not in first_traced({HERE: own}).folders


def test_a_helper_that_is_looked_for_ties_its_callers() -> None:
    """An acquire by name may be a function that is looked into: both are one group."""
    tree = tree_of(
        {
            HERE: "ssize_t take_pages(struct page **pages, int nr)\n"
            "{\n\treturn get_user_pages_fast(0, nr, 0, pages);\n}\n"
            "void f(void)\n{\n\tstruct page *page;\n\n\ttake_pages(&page, 1);\n}\n"
        }
    )
    scan = scan_of(tree, {"get_user_pages_fast", "take_pages"})
    group = Grouper(Program(tree), scan.acquires).group(scan.acquires[0]).group
    assert [a.name for a in group.acquires] == ["get_user_pages_fast", "take_pages"]


def test_a_group_depends_on_every_folder_that_it_was_followed_to() -> None:
    header = '#include "demo.h"\n'
    files = {
        "drivers/demo/demo.h": STRUCT,
        "drivers/demo/a.c": f"{header}void f(struct demo *demo)\n{{\n"
        "\tget_user_pages_fast(0, 1, 0, &demo->page);\n\tput_page(demo->page);\n}\n",
        "drivers/demo/sub/b.c": '#include "../demo.h"\nvoid g(struct demo *demo)\n{\n'
        "\tdemo->page = NULL;\n}\n",
    }
    assert set(first_traced(files).folders) == {*ALWAYS, "drivers/demo"}


def test_a_call_that_asks_for_no_pages_depends_on_its_file() -> None:
    traced = first_traced({HERE: "void f(void)\n{\n\tget_user_pages_fast(0, 1, 0, NULL);\n}\n"})
    assert traced.group.gaps == ()
    assert set(traced.folders) == {*ALWAYS, "drivers/demo"}
