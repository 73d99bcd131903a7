# SPDX-License-Identifier: GPL-2.0-only
"""A module's own functions and macros with names of the kernel's, for kernels that lack them."""

from __future__ import annotations

import pytest

from migrate.analysis.model import PinGroup, TraitKind
from tests.analysis.memory import SKELETON, pairing_of

HEADER = """\
#ifndef DEMO_COMPAT_H
#define DEMO_COMPAT_H
#include <linux/version.h>
{condition}
{own}
#endif
#endif
"""
DEMO = """\
#include "compat.h"

struct demo {
	struct page **pages;
	int count;
};

int demo_fill(struct demo *demo, unsigned long at)
{
	demo->pages = kvmalloc_array(4, sizeof(struct page *), GFP_KERNEL);
	if (!demo->pages)
		return -ENOMEM;
	demo->count = get_user_pages_fast(at, 4, FOLL_WRITE, demo->pages);
	if (demo->count > 0)
		memset(page_address(demo->pages[0]), 0, 64);
	return demo->count;
}

void demo_end(struct demo *demo)
{
	while (demo->count-- > 0)
		put_page(demo->pages[demo->count]);
	kvfree(demo->pages);
}
"""
OWN = {
    "a function": """\
static inline void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return demo_memory(n * size);
}""",
    "a macro": "#define kvmalloc_array(n, size, flags) demo_memory((n) * (size))",
    "a name": "#define kvmalloc_array demo_memory",
}
DECLARED = "void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);\n"
KERNEL = (SKELETON / "include/linux/kernel.h").read_text("utf-8")
WITHOUT = KERNEL.replace(DECLARED, "")
OTHERS = "#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 12, 0)"
OURS = {
    "every kernel": "#if 1",
    "this kernel": "#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 12, 0)",
    "an unknown kernel": "#ifndef DEMO_HAVE_KVMALLOC",
}


def group_of(files: dict[str, str]) -> PinGroup:
    assert WITHOUT != KERNEL
    kernel = {"include/linux/kernel.h": WITHOUT}
    (group,) = pairing_of({"drivers/demo/demo.c": DEMO, **kernel, **files}).groups
    return group


@pytest.mark.parametrize("own", OWN)
def test_what_is_for_other_kernels_hides_nothing(own: str) -> None:
    header = HEADER.format(condition=OTHERS, own=OWN[own])
    group = group_of({"drivers/demo/compat.h": header})
    assert not group.gaps and group.releases


@pytest.mark.parametrize("kernel", OURS)
@pytest.mark.parametrize("own", OWN)
def test_what_may_be_for_this_kernel_is_meant(own: str, kernel: str) -> None:
    header = HEADER.format(condition=OURS[kernel], own=OWN[own])
    assert group_of({"drivers/demo/compat.h": header}).gaps


UNKNOWN = OURS["an unknown kernel"]


@pytest.mark.parametrize(
    ("own", "condition", "declared", "hidden"),
    [
        ("a function", UNKNOWN, DECLARED, False),
        ("a function", UNKNOWN, "", True),
        ("a function", UNKNOWN, f"/*\n * {DECLARED}*/\n", True),
        ("a function", "#ifdef CONFIG_DEMO", DECLARED, True),
        ("a function", "#ifndef DEMO_COMPAT_H", DECLARED, True),
        # It replaces whatever is declared.
        ("a macro", UNKNOWN, DECLARED, True),
    ],
)
def test_a_function_beside_a_declaration_does_not_compile(
    own: str, condition: str, declared: str, hidden: bool
) -> None:
    files = {
        "drivers/demo/compat.h": HEADER.format(condition=condition, own=OWN[own]),
        "include/linux/kernel.h": WITHOUT + declared,
    }
    assert bool(group_of(files).gaps) == hidden


@pytest.mark.parametrize(("condition", "known"), [(OTHERS, True), (OURS["every kernel"], False)])
@pytest.mark.parametrize("own", OWN)
def test_so_it_is_in_the_file_itself(own: str, condition: str, known: bool) -> None:
    text = DEMO.replace('#include "compat.h"', f"{condition}\n{OWN[own]}\n#endif")
    assert (not group_of({"drivers/demo/demo.c": text}).gaps) == known


RELEASES = """\
int demo_go(unsigned long at)
{{
	struct page *page;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, 64);
{first}
	put_page(page);
{second}
	page_cache_release(page);
{third}
	return 0;
}}
"""
BOTH = {"first": "#if DEMO_VERSION(4, 6)", "second": "#else", "third": "#endif"}
NONE = dict.fromkeys(BOTH, "")
OLD_HEADER = "#define page_cache_release(page) put_page(page)\n"


@pytest.mark.parametrize(
    ("conditions", "header", "names"),
    [
        (BOTH, "", ["put_page"]),
        (BOTH, OLD_HEADER, ["put_page", "page_cache_release"]),
        (NONE, "", ["put_page", "page_cache_release"]),
    ],
)
def test_a_release_that_the_tree_does_not_have(
    conditions: dict[str, str], header: str, names: list[str]
) -> None:
    files = {"drivers/demo/demo.c": RELEASES.format(**conditions), "include/linux/old.h": header}
    (group,) = pairing_of(files).groups
    assert [release.name for release in group.releases] == names


def test_what_is_for_other_kernels_is_shown() -> None:
    text = RELEASES.format(**{**BOTH, "first": OTHERS})
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    (shown,) = [t.evidence for t in group.traits if t.kind is TraitKind.OTHER_VERSIONS]
    assert (shown.place.line, shown.text) == (9, "put_page(page);")


def test_a_driver_may_have_it_instead() -> None:
    own = "void page_cache_release(struct page *page)\n{\n\tput_page(page);\n}\n"
    text = own + RELEASES.format(**BOTH)
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    assert len(group.releases) == 2
