# SPDX-License-Identifier: GPL-2.0-only
"""Two .c files of one folder that each have a struct by the same tag: they are two types."""

from __future__ import annotations

from migrate.analysis.model import PinGroup
from tests.analysis.memory import pairing_of

ONE = """
struct req {
	struct page *page;
};
static void one_end(struct req *req)
{
	put_page(req->page);
}
int one_go(struct req *req, unsigned long at)
{
	if (get_user_pages_fast(at, 1, FOLL_WRITE, &req->page) != 1)
		return -EFAULT;
	memset(page_address(req->page), 0, 64);
	one_end(req);
	return 0;
}
"""
OTHER = """
struct req {
	int id;
	struct page *page;
};
void two_go(struct req *req)
{
	req->page = alloc_page(GFP_KERNEL);
}
void two_end(struct req *req)
{
	put_page(req->page);
}
"""
BESIDE = "drivers/demo/two.c"


def group(other: str, path: str = BESIDE, first: str = ONE) -> PinGroup:
    found = pairing_of({"drivers/demo/one.c": first, path: other}).groups
    return next(g for g in found if g.acquires[0].function == "one_go")


def test_a_struct_of_another_file_is_another_struct() -> None:
    found = group(OTHER)
    assert [r.function for r in found.releases] == ["one_end"]
    assert not found.gaps


def test_a_struct_of_a_header_is_the_same_in_both_files() -> None:
    header = "struct req {\n\tint id;\n\tstruct page *page;\n};\n"
    include = '#include "req.h"\n'
    body = ONE[ONE.index("static") :]
    other = OTHER[OTHER.index("void two_go") :]
    found = pairing_of(
        {
            "drivers/demo/req.h": header,
            "drivers/demo/one.c": include + body,
            BESIDE: include + other,
        }
    ).groups
    (one,) = [g for g in found if g.acquires[0].function == "one_go"]
    assert {r.function for r in one.releases} == {"one_end", "two_end"}
    assert one.gaps, "a page of alloc_page() is released, too"


def test_a_file_that_is_included_is_the_same_file() -> None:
    """The second file sees the struct of the first, which it includes."""
    other = '#include "one.c"\n' + OTHER[OTHER.index("void two_end") :]
    assert {r.function for r in group(other).releases} == {"one_end", "two_end"}
