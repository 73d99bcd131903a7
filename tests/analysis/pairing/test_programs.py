# SPDX-License-Identifier: GPL-2.0-only
"""Many ways in which C and the kernel's API hide what becomes of a page: ../data/programs.txt.

Each program is a small driver that takes pages, with one more function. A group is pinned with all
of its releases, or not at all, and not for a reason that has nothing to do with what is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

DATA = Path(__file__).parents[1] / "data" / "programs.txt"
HERE = "drivers/demo/demo.c"
HEAD = "#include <linux/mm.h>\n"
TAKE = """int demo_take(struct demo *d, unsigned long addr, int nr)
{
	int got = get_user_pages_fast(addr, nr, FOLL_WRITE, d->pages);

	if (got != nr) {
		while (got > 0)
			put_page(d->pages[--got]);
		return -EFAULT;
	}
	memset(page_address(d->pages[0]), 0, 64);
	d->nr = nr;
	return 0;
}
"""
DROP = """void demo_drop(struct demo *d)
{
	int i;

	for (i = 0; i < d->nr; i++)
		put_page(d->pages[i]);
}
"""
WRONG = {
    "source, macro field paste": "what ## pastes together is not put together",
    "source, inc odd": "only files that end in .c and .h are read",
    "release, flex2": "memory behind a struct is reached from its end by another type",
    "release, if0": "what is never compiled is not looked at, and a person may switch it on",
    "storage, two static": "a function that a file declares by itself is not looked for",
}
"""Those that are pinned and should not be, and why."""


@dataclass(frozen=True)
class Program:
    """One section of the file."""

    name: str
    expected: str
    text: str

    @property
    def files(self) -> dict[str, str]:
        """The files of the tree, by path."""
        first, *others = self.text.split("@ ")
        lines = first.splitlines()
        members = "".join(f"\t{line[1:]}\n" for line in lines if line.startswith("+"))
        before = "".join(f"{line[1:]}\n" for line in lines if line.startswith("<"))
        code = "\n".join(line for line in lines if not line.startswith(("+", "<", "-demo")))
        struct = f"struct demo {{\n\tstruct page **pages;\n\tint nr;\n{members}}};\n"
        drop = "" if "-demo_drop" in lines else DROP
        whole = HEAD + before + struct + TAKE + drop + code + "\n"
        return {HERE: whole} | dict(other.split("\n", 1) for other in others)


def programs() -> list[Program]:
    """All sections."""
    found = []
    for section in DATA.read_text(encoding="utf-8").split("\n=== ")[1:]:
        head, _, text = section.partition("\n")
        name, _, expected = head.partition(": ")
        found.append(Program(name, expected, text))
    return found


def outcome(program: Program) -> str:
    """What comes out of a program, as the file says it."""
    groups = pairing_of(program.files).groups
    (group,) = (g for g in groups if any(a.function == "demo_take" for a in g.acquires))
    found = verdict(group, True)
    if found.action is not Action.MANUAL:
        return f"{found.action.value} {len(group.releases)}"
    return f"manual, {_reason(group, found.rule)}"


def _reason(group: PinGroup, rule: str) -> str:
    return group.gaps[0].kind.value if group.gaps else rule


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            p,
            id=p.name,
            marks=[pytest.mark.xfail(strict=True, reason=WRONG[p.name])] if p.name in WRONG else [],
        )
        for p in programs()
    ],
)
def test_a_program(program: Program) -> None:
    found = outcome(program)
    assert found == program.expected or (program.name in WRONG and found.startswith("manual"))


def test_the_driver_alone_is_pinned() -> None:
    assert outcome(Program("", "", "")) == "pin 2"


@pytest.mark.parametrize("sync", ["dma_sync_single_for_device", "dma_sync_single_for_cpu"])
def test_caches_that_are_synchronised_by_a_physical_address_are_for_a_device(sync: str) -> None:
    """Drivers flush caches so; a page of which only struct page is looked at has no need of it."""
    code = (
        f"{HEAD}void demo(unsigned long addr, struct device *dev)\n{{\n\tstruct page *page;\n\n"
        "\tif (get_user_pages_fast(addr, 1, 0, &page) != 1)\n\t\treturn;\n"
        f"\t{sync}(dev, page_to_phys(page), PAGE_SIZE, DMA_TO_DEVICE);\n\tput_page(page);\n}}\n"
    )
    (group,) = pairing_of({HERE: code}).groups
    assert (verdict(group, True).action, verdict(group, True).rule) == (
        Action.PIN,
        "device_access",
    )
