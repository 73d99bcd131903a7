# SPDX-License-Identifier: GPL-2.0-only
"""Conditions about kernels of distributions."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.text.vendors import absent_names, without_vendors
from migrate.analysis.model import TraitKind
from tests.analysis.memory import pairing_of, tree_of

ABSENT = absent_names(tree_of({}))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#ifdef RHEL_MAJOR", "#if 0x0"),
        ("# ifndef RHEL_RELEASE_CODE // none", "# if !0x0                    // none"),
        ("#if defined(RHEL_RELEASE_CODE) && A", "#if 0x0 && A"),
        ("#elif !defined RHEL_MAJOR", "#elif !0x0"),
        ("#if RHEL_RELEASE_CODE < RHEL_RELEASE_VERSION(8, 4)", "#if 0x0 < 1"),
        ("#if A || \\\n RHEL_MAJOR == 8", "#if A || \\\n 0x0 == 8"),
        ("#ifdef CONFIG_SUSE_KERNEL", "#if 0x0"),
    ],
)
def test_a_name_that_no_file_defines_is_0(before: str, after: str) -> None:
    found = without_vendors(before.encode(), ABSENT)
    assert len(found) == len(before)
    assert found.split() == after.encode().split()


@pytest.mark.parametrize(
    "text",
    [
        "#ifdef CONFIG_SUSE",
        "#ifdef RHEL_MAJORITY",
        "#if defined(MY_RHEL_MAJOR)",
        "int RHEL_MAJOR;",
        "#define A RHEL_MAJOR",
        "#define RHEL_MAJOR 8\n#ifdef RHEL_MAJOR",
        "#define RHEL_RELEASE_CODE DEMO_CODE\n#if RHEL_RELEASE_CODE > 0",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert without_vendors(text.encode(), ABSENT) == text.encode()


def test_a_module_may_have_versions_of_its_own() -> None:
    text = (
        b"#ifndef RHEL_RELEASE_CODE\n#define RHEL_RELEASE_CODE 0\n#endif\n"
        b"#define RHEL_RELEASE_VERSION(a, b) (((a) << 8) + (b))\n#if RHEL_RELEASE_CODE\n"
    )
    assert without_vendors(text, ABSENT).endswith(b"#if 0x0              \n")


def test_a_kernel_of_a_distribution_has_its_names() -> None:
    makefile = b"VERSION = 5\nPATCHLEVEL = 14\nRHEL_MAJOR = 9\nRHEL_MINOR = 4\n"
    absent = absent_names(tree_of({"Makefile": makefile}))
    assert "RHEL_MAJOR" not in absent and "CONFIG_SUSE_KERNEL" in absent
    suse = absent_names(tree_of({"init/Kconfig.suse": b"config SUSE_KERNEL\n"}))
    assert "RHEL_MAJOR" in suse and "CONFIG_SUSE_KERNEL" not in suse


DEMO = """
int demo_get(unsigned long at, struct page **pages)
{
	int n;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) || \\
	(defined(RHEL_RELEASE_CODE) && RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(9, 4))
	n = get_user_pages(at, DEMO_COUNT, FOLL_WRITE, pages);
#else
	n = get_user_pages(at, DEMO_COUNT, FOLL_WRITE, pages, NULL);
#endif
	if (n > 0)
		memset(page_address(pages[0]), 0, 64);
	while (n-- > 0)
		put_page(pages[n]);
	return 0;
}
"""


@pytest.mark.parametrize(("makefile", "others"), [("", [True, False]), ("RHEL_MAJOR = 9\n", None)])
def test_a_call_for_a_distribution(makefile: str, others: list[bool] | None) -> None:
    version = f"VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n{makefile}"
    groups = pairing_of({"drivers/demo/demo.c": DEMO, "Makefile": version}).groups
    found = [group.has(TraitKind.FOR_OTHER_VERSIONS) for group in groups]
    assert found == others if others is not None else not any(found)


def test_another_call_for_a_distribution() -> None:
    text = DEMO.replace("LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) || ", "")
    text = text.replace("FOLL_WRITE, pages);", "0, pages, NULL);")
    groups = pairing_of({"drivers/demo/demo.c": text}).groups
    assert [g.has(TraitKind.FOR_OTHER_VERSIONS) for g in groups] == [True, False]
