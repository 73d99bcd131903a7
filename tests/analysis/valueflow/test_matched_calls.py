# SPDX-License-Identifier: GPL-2.0-only
"""What goes into a function of a header for the whole kernel comes back to the same call."""

from __future__ import annotations

from migrate.analysis.model import PinGroup, UseKind
from tests.analysis.memory import pairing_of

HEADER = """
static inline unsigned long number_of(unsigned long pfn)
{
	if (translated())
		return pfn;
	return machine(pfn);
}
"""
HERE = """
#include <linux/mm.h>
#include <linux/number.h>
struct op {
	unsigned long frame;
};
struct batch {
	struct op ops[4];
	struct page *page;
};
void get(struct batch *batch, unsigned long addr)
{
	unsigned long frame;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &batch->page) != 1)
		return;
	frame = NUMBER;
	batch->ops[0].frame = frame;
	start(batch->ops);
}
void put(struct batch *batch)
{
	put_page(batch->page);
}
"""
OTHER = """
#include <linux/number.h>
void other(unsigned long x)
{
	keep(number_of(x));
}
"""


def group(number: str) -> PinGroup:
    (found,) = pairing_of(
        {
            "include/linux/number.h": HEADER,
            "drivers/demo/demo.c": HERE.replace("NUMBER", number),
            "drivers/more/more.c": OTHER,
        }
    ).groups
    return found


def kept(found: PinGroup) -> set[str]:
    return {use.text for use in found.uses if use.kind is UseKind.PHYSICAL_KEPT}


def test_what_is_returned_comes_back() -> None:
    assert "batch->ops[0].frame = frame;" in kept(group("number_of(page_to_pfn(batch->page))"))


def test_what_another_call_returns_is_not_it() -> None:
    found = group("page_to_pfn(batch->page) ? number_of(addr) : 0")
    assert "batch->ops[0].frame = frame;" not in kept(found)
