# SPDX-License-Identifier: GPL-2.0-only
"""A struct of a header that everybody includes: who can get hold of an object of it."""

from __future__ import annotations

import pytest

from migrate.analysis.program import include_graph
from tests.analysis.groups import gaps_of
from tests.analysis.memory import pairing_of

HEADER = """
struct parcel {
	struct page *page;
	unsigned long address;
};
MORE
"""
OWNER = """
#include <linux/everything.h>

int parcel_fill(struct parcel *parcel)
{
	if (get_user_pages_fast(parcel->address, 1, FOLL_WRITE, &parcel->page) != 1)
		return -EFAULT;
	memset(page_address(parcel->page), 0, PAGE_SIZE);
	return 0;
}

void parcel_empty(struct parcel *parcel)
{
	put_page(parcel->page);
}
"""
STRANGER = """
#include <linux/everything.h>

struct stranger {
	struct page *page;
};

void stranger_%d(struct stranger *stranger)
{
	put_page(stranger->page);
}
"""
FAR = "#include <linux/everything.h>\n\nvoid far_away(%s)\n{\n\t%s\n}\n"


@pytest.fixture(autouse=True)
def few_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as here are too many to look at each."""
    monkeypatch.setattr(include_graph, "_MOST_SEEING", 4)


def gaps(more: str = "", far: str = "") -> list[str]:
    files = {f"fs/f{n}/x.c": STRANGER % n for n in range(6)}
    files |= {"include/linux/everything.h": HEADER.replace("MORE", more)}
    files |= {"drivers/demo/demo.c": OWNER, **({"net/far/far.c": far} if far else {})}
    (group,) = pairing_of(files).groups
    return [gap.partition(" ")[0] for gap in gaps_of(group)] + [
        r.place.path for r in group.releases if r.place.path != "drivers/demo/demo.c"
    ]


def test_files_that_never_name_the_struct_do_not_matter() -> None:
    assert gaps() == []


@pytest.mark.parametrize(
    ("more", "far"),
    [
        ("", FAR % ("struct parcel *parcel", "put_page(parcel->page);")),
        ("typedef struct parcel parcel_t;", FAR % ("parcel_t *parcel", "put_page(parcel->page);")),
        (
            "struct cart {\n\tstruct parcel load;\n};",
            FAR % ("struct cart *cart", "put_page(cart->load.page);"),
        ),
        ("struct parcel *first_parcel(void);", FAR % ("void", "put_page(first_parcel()->page);")),
        ("extern struct parcel *the_parcel;", FAR % ("void", "put_page(the_parcel->page);")),
        (
            "struct cart {\n\tstruct parcel *load;\n};\n#define LOADED(c) ((c)->load)",
            FAR % ("struct cart *cart", "put_page(LOADED(cart)->page);"),
        ),
    ],
)
def test_whoever_has_a_way_to_an_object_is_looked_at(more: str, far: str) -> None:
    assert gaps(more, far) != []


def test_a_struct_that_too_many_name_is_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include_graph, "_MOST_NAMING", 1)
    assert "public-struct" in gaps("", FAR % ("struct parcel *parcel", ";"))
