# SPDX-License-Identifier: GPL-2.0-only
"""Conditions of C that the version and the configuration of the kernel decide, as #if does."""

from __future__ import annotations

import pytest

from tests.analysis.groups import gaps_of
from tests.analysis.memory import only_group

CODE = """
struct page *demo_other(void);
void demo(unsigned long at, int n)
{{
	struct page *page;

	if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) != 1)
		return;
	memset(page_address(page), 0, 8);
	if ({condition}) {{
		put_page(page);
		page = alloc_page(0);
	}}
	put_page(page);
}}
"""


def releases_and_gaps(condition: str) -> tuple[int, list[str]]:
    group = only_group(CODE.format(condition=condition))
    return len(group.releases), [gap.partition(" ")[0] for gap in gaps_of(group)]


@pytest.mark.parametrize(
    "condition",
    [
        "LINUX_VERSION_CODE < KERNEL_VERSION(2, 6, 0)",
        "!(LINUX_VERSION_CODE >= KERNEL_VERSION(2, 6, 0))",
        "KERNEL_VERSION(9, 0, 0) < LINUX_VERSION_CODE",
    ],
)
def test_what_is_for_another_version_is_not_there(condition: str) -> None:
    assert releases_and_gaps(condition) == (1, [])


@pytest.mark.parametrize(
    "condition",
    [
        "LINUX_VERSION_CODE >= KERNEL_VERSION(2, 6, 0)",
        "n && LINUX_VERSION_CODE < KERNEL_VERSION(2, 6, 0)",  # not looked into
        "IS_ENABLED(CONFIG_DEMO)",
        "n",
    ],
)
def test_what_may_be_compiled_counts(condition: str) -> None:
    releases, gaps = releases_and_gaps(condition)
    assert (releases, gaps) == (2, ["from-other-call"])


def test_two_options_that_exclude_each_other() -> None:
    code = CODE.format(condition="IS_ENABLED(CONFIG_DEMO)")
    guarded = code.replace("void demo(", "#if !IS_ENABLED(CONFIG_DEMO)\nvoid demo(") + "#endif\n"
    group = only_group(guarded)
    assert (len(group.releases), gaps_of(group)) == (1, [])
