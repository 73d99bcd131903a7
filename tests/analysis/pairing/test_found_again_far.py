# SPDX-License-Identifier: GPL-2.0-only
"""Pages found again from a number in a struct that everybody has: whose number it is."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.program.program import Program
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of, scan_of, tree_of

HEADER = """
struct inner {
	int kind;
	u64 at;
};
struct other {
	u64 word;
};
struct part {
	int mode;
	union {
		struct inner inner;
		struct other other;
	};
};
"""
TOP = """
#include <linux/part.h>

struct whole {
	int id;
	struct part part;
	struct part *spare;
};
"""
LIGHT = """
static int whole_start(struct whole *whole, struct part *part)
{
	struct page *page;

	if (get_user_pages_fast(part->inner.at, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	BEFORE
	part->inner.at = page_to_phys(page) + (part->inner.at & ~PAGE_MASK);
	AFTER
	whole->part.inner.at = part->inner.at;
	return 0;
}
"""
ASK = """
int whole_ask(struct whole *whole, unsigned long at)
{
	struct part part = { .mode = 1 };

	part.inner.at = at;
	ASKED
	return whole_start(whole, &part);
}
"""
END = """
void whole_end(struct whole *whole)
{
	put_page(pfn_to_page(whole->part.inner.at >> PAGE_SHIFT));
}
"""
FAR = """
#include <linux/part.h>

int far_set(struct part *part)
{
	struct part own = { .mode = 2 };

	own.inner.at = 0x1000;
	return own.inner.kind;
}
"""


def files_of(
    *, before: str = "", after: str = "", asked: str = "", more: str = "", far: str = FAR
) -> dict[str, str]:
    start = LIGHT.replace("BEFORE", before).replace("AFTER", after)
    return {
        "include/linux/part.h": HEADER,
        "drivers/whole/whole.c": TOP + start + ASK.replace("ASKED", asked) + END + more,
        "net/far/far.c": far,
    }


def group_of(**change: str) -> PinGroup:
    (group,) = pairing_of(files_of(**change)).groups
    return group


def test_a_number_of_its_own_object_is_pinned() -> None:
    group = group_of()
    assert group.gaps == ()
    assert len(group.releases) == 1
    assert verdict(group, pins_read_only=False).action is Action.PIN


def test_a_second_read_is_as_good() -> None:
    assert group_of(after="whole->id = part->inner.at & 1;").gaps == ()


@pytest.mark.parametrize(
    "change",
    [
        # A way around the store, or something behind it
        {"before": "if (whole->id)"},
        {"before": "if (whole->id)\n\t\tgoto keep;", "after": "keep:"},
        {"before": "switch (whole->id) {\n\tcase 1:", "after": "case 2:\n\t}"},
        {"after": "part->inner.at = whole->id;"},
        {"after": "part->other.word = whole->id;"},
        {"after": "part->inner.at++;"},
        {"after": "*part = *whole->spare;"},
        {"after": "part = whole->spare;"},
        {"after": "far_set(part);"},
        {"after": "far_put(&part->inner.at);"},
        {"after": "far_put(&part->inner);"},
        {"after": "u64 *at = &part->inner.at;\n\n\t*at = whole->id;"},
        # Somebody else has the caller's variable
        {"asked": "whole->spare = &part;"},
        {"asked": "far_set(&part);"},
        # Somebody else fills the object
        {"more": "void whole_set(struct whole *w)\n{\n\tw->part.inner.at = w->id;\n}\n"},
        {"more": "void whole_set(struct part *p, u64 at)\n{\n\tp->inner.at = at;\n}\n"},
        {"more": "void whole_set(struct whole *w, struct part *p)\n{\n\tw->part = *p;\n}\n"},
        {
            "more": "void whole_set(struct whole *w, struct part *p)\n{\n"
            "\tmemcpy(&w->part, p, sizeof(*p));\n}\n"
        },
        {"more": "void whole_set(struct whole *w)\n{\n\tfar_set(&w->part);\n}\n"},
        {"more": "void whole_set(struct whole *w)\n{\n\tw->spare = &w->part;\n}\n"},
        {"more": "void whole_set(struct whole *w)\n{\n\tw->part.other.word = w->id;\n}\n"},
        {
            "more": "int whole_twice(struct whole *w, struct whole *v)\n{\n"
            "\treturn whole_start(w, &v->part);\n}\n"
        },
        {"more": "void *whole_call = whole_start;\n"},
        {
            "more": "void whole_set(struct whole *w)\n{\n\tstruct inner *in = &w->part.inner;\n\n"
            "\tin->at = w->id;\n}\n"
        },
        {
            "more": "#define WHOLE_SET(w, number) ((w)->part.inner.at = (number))\n"
            "void whole_set(struct whole *w)\n{\n\tWHOLE_SET(w, w->id);\n}\n"
        },
        {"far": FAR + "void far_fill(struct part *part, u64 at)\n{\n\tpart->inner.at = at;\n}\n"},
    ],
    ids=str,
)
def test_what_may_put_another_number_there_is_manual(change: dict[str, str]) -> None:
    group = group_of(**change)
    assert group.gaps
    assert verdict(group, pins_read_only=True).action is Action.MANUAL


@pytest.mark.parametrize("after", ["", "part->inner.at = whole->id;"])
def test_any_file_of_the_tree_may_change_what_was_found(after: str) -> None:
    tree = tree_of(files_of(after=after))
    acquires = scan_of(tree).acquires
    assert "" in Grouper(Program(tree), acquires).group(acquires[0]).folders


def test_a_release_far_away_is_found() -> None:
    more = "void far_drop(struct part *part)\n{\n\tput_page(phys_to_page(part->inner.at));\n}\n"
    group = group_of(far=FAR + more)
    places = {r.place.path for r in group.releases}
    assert group.gaps or "net/far/far.c" in places
