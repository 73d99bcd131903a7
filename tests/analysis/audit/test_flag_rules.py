# SPDX-License-Identifier: GPL-2.0-only
"""Suggestions on flags, and releases of pins and references both; each with a counter-shape."""

from __future__ import annotations

import pytest

from tests.regressions.corpus import findings

READ = """\
int demo_sum(unsigned long addr)
{
	struct page *page;
	int sum;

	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	sum = memcmp(page_address(page), "gup", 3);
	unpin_user_page(page);
	return sum;
}
"""
WRITTEN = """\
int demo_fill(unsigned long addr, const void *from)
{
	struct page *page;

	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	memcpy(page_address(page), from, 8);
	set_page_dirty_lock(page);
	unpin_user_page(page);
	return 0;
}
"""
PLAIN = """\
int demo_fill(unsigned long addr, const void *from)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memcpy(page_address(page), from, 8);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""
BOTH = """\
struct demo {
	struct page *page;
	bool pinned;
};
int demo_pin(struct demo *demo, unsigned long addr)
{
	if (pin_user_pages_fast(addr, 1, FOLL_WRITE | FOLL_LONGTERM, &demo->page) != 1)
		return -EFAULT;
	demo->pinned = true;
	return 0;
}
int demo_get(struct demo *demo, unsigned long addr)
{
	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &demo->page) != 1)
		return -EFAULT;
	return 0;
}
void demo_done(struct demo *demo)
{
	unpin_user_page(demo->page);
	demo->page = NULL;
}
"""


def rules(text: str) -> set[str]:
    return {str(finding.rule) for finding in findings(text)}


def test_write_access_that_nobody_needs() -> None:
    assert rules(READ) == {"needless-write"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FOLL_WRITE", "0"),
        ("FOLL_WRITE", "addr ? FOLL_WRITE : 0"),
        ("FOLL_WRITE", "FOLL_WRITE | FOLL_FORCE"),
        ("	sum = memcmp", "	memset(page_address(page), 0, 3);\n	sum = memcmp"),
        ("	sum = memcmp", "	demo_map(dma_map_page(0, page, 0, 3, 0));\n	sum = memcmp"),
        ("	sum = memcmp", "	demo_use(page_address(page));\n	sum = memcmp"),
        ("unpin_user_page(page)", "unpin_user_pages_dirty_lock(&page, 1, true)"),
    ],
)
def test_write_access_that_somebody_may_need(old: str, new: str) -> None:
    assert old in READ
    assert "needless-write" not in rules(READ.replace(old, new))


def test_a_write_that_nobody_asked_for() -> None:
    assert rules(WRITTEN) == {"unasked-write"}
    assert rules(WRITTEN.replace("1, 0,", "1, FOLL_WRITE,")) == set()
    asked = WRITTEN.replace(
        "	struct page *page;\n", "	struct page *page;\n	int f = FOLL_WRITE;\n"
    )
    assert rules(asked.replace("1, 0,", "1, f,")) == set()


def test_a_write_of_a_device_that_nobody_asked_for() -> None:
    device = WRITTEN.replace(
        "memcpy(page_address(page), from, 8);",
        "demo_run(dma_map_page(dev, page, 0, 8, DMA_FROM_DEVICE));",
    )
    assert rules(device) == {"unasked-write"}
    assert rules(device.replace("1, 0,", "1, FOLL_WRITE,")) == set()
    assert rules(device.replace("FROM_DEVICE", "TO_DEVICE")) == set()
    assert rules(device.replace("DMA_FROM_DEVICE", "direction")) == set()


@pytest.mark.parametrize("flags", ["FAULT_FLAG_WRITE", "addr ? FAULT_FLAG_WRITE : 0", "VM_WRITE"])
def test_flags_of_something_else(flags: str) -> None:
    assert "foreign-flags" in rules(READ.replace("FOLL_WRITE", flags))


@pytest.mark.parametrize(
    "flags",
    [
        "(addr & FAULT_FLAG_WRITE) ? FOLL_WRITE : 0",
        "demo_flags(addr)",
        "FOLL_WRITE",
    ],
)
def test_flags_that_are_only_asked(flags: str) -> None:
    assert "foreign-flags" not in rules(READ.replace("FOLL_WRITE", flags))


def test_flags_that_exclude_each_other() -> None:
    both = "FOLL_WRITE | FOLL_LONGTERM | FOLL_PCI_P2PDMA"
    assert "longterm-p2pdma" in rules(READ.replace("FOLL_WRITE", both))
    one = "FOLL_WRITE | FOLL_PCI_P2PDMA"
    assert "longterm-p2pdma" not in rules(READ.replace("FOLL_WRITE", one))


def test_data_behind_a_plain_reference() -> None:
    assert rules(PLAIN) == {"unpinned-data"}
    looked = PLAIN.replace("memcpy(page_address(page), from, 8);", "demo_look(page_to_pfn(page));")
    assert "unpinned-data" not in rules(looked.replace("	set_page_dirty_lock(page);\n", ""))


def test_one_release_for_pins_and_references() -> None:
    assert "released-both-ways" in rules(BOTH)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "	unpin_user_page(demo->page);\n",
            "	if (demo->pinned)\n		unpin_user_page(demo->page);\n",
        ),
        (
            "	unpin_user_page(demo->page);\n",
            "	if (!demo->pinned) {\n		put_page(demo->page);\n		return;\n	}\n"
            "	unpin_user_page(demo->page);\n",
        ),
        (
            "struct demo *demo)\n{\n",
            "struct demo *demo, bool pin)\n{\n	if (!pin)\n		return;\n",
        ),
    ],
)
def test_who_asks_which_they_are(old: str, new: str) -> None:
    assert old in BOTH
    assert "released-both-ways" not in rules(BOTH.replace(old, new))


def test_who_calls_the_release_may_ask() -> None:
    always = "void demo_close(struct demo *demo)\n{\n	demo_done(demo);\n}\n"
    assert "released-both-ways" in rules(BOTH + always)
    asking = always.replace("	demo_done", "	if (demo->pinned)\n		demo_done")
    assert "released-both-ways" not in rules(BOTH + asking)
