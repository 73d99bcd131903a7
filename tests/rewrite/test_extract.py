# SPDX-License-Identifier: GPL-2.0-only
"""Callers of helpers that take pages from an iterator: where no edit is known to be right, all of
the group stays. tests/shapes has those that are converted."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from tests.analysis.memory import scan_of, tree_of
from tests.shapes.world import SHAPES

PROFILE = load_profile("pin-user-pages")
HELPER = SHAPES / "extra-pages-of-an-iterator" / "lib" / "iov_iter.c"
CODE = """\
long f(struct iov_iter *iter, struct page **given, unsigned most)
{
	struct page **pages, *own[4];
	unsigned long start;
	TYPE got;
	int i;

	TAKE
	if (got <= 0)
		return got;
	memset(page_address(PAGES[0]), 0, 1);
	DROP
	return 0;
}
"""
ALLOC = "got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start);"
FILL = "got = iov_iter_get_pages2(iter, given, 4096, 16, &start);"
ALL = (
    "for (i = 0; i < got; i++) {\n\t\tset_page_dirty_lock(PAGES[i]);\n\t\tput_page(PAGES[i]);\n\t}"
)


def outcome(take: str, drop: str = ALL, kind: str = "long", pages: str = "pages") -> str:
    """Why nothing is edited, or the file as it is then."""
    code = CODE.replace("TAKE", take).replace("DROP", drop).replace("TYPE", kind)
    texts = {"drivers/a/a.c": code.replace("PAGES", pages).encode()}
    tree = tree_of(texts | {"lib/iov_iter.c": HELPER.read_bytes()})
    found = classify(tree, pair(tree, scan_of(tree)), profile=PROFILE)
    (verdict,) = [v for v in found.verdicts if v.group.startswith("drivers/")]
    if verdict.action is not Action.PIN:
        return verdict.reason
    done = rewrite(tree, found, PROFILE, lambda path: path)
    if done.failures:
        return done.failures[0].reason
    return done.changes[0].files[0].after.decode()


def test_an_array_of_somebody_else() -> None:
    taken = "pages = all_pages;\n\tgot = iov_iter_get_pages2(iter, pages, 4096, 16, &start);"
    assert "others may know the array that is taken at drivers/a/a.c:8" in outcome(taken)
    filled = taken.replace("all_pages", "kmalloc(64, 0)") + "\n\tpages[1] = all_pages[0];"
    assert "pages from elsewhere are put beside them at drivers/a/a.c:10" in outcome(filled)


def test_an_array_of_the_helper() -> None:
    text = outcome(ALLOC)
    assert (
        "\tpages = NULL;\n\tgot = iov_iter_extract_pages(iter, &pages, 4096, UINT_MAX, 0," in text
    )
    assert "\tif (got <= 0) {\n\t\tkvfree(pages);\n\t\tpages = NULL;\n\t}\n" in text
    folded = "unpin_user_pages_dirty_lock(pages, got, true);"
    assert f"\tif (iov_iter_extract_will_pin(iter))\n\t\t{folded}\n" in text


def test_another_reference_may_outlive_the_pin() -> None:
    reason = outcome(ALLOC + "\n\tget_page(pages[0]);")
    assert "another reference is taken at drivers/a/a.c:" in reason
    assert "none may be taken on what an iterator lends" in reason


def test_an_array_that_is_given() -> None:
    text = outcome(FILL, pages="given")
    assert "iov_iter_extract_pages(iter, &given, 4096, 16, 0, &start);" in text


@pytest.mark.parametrize(
    ("take", "more", "why"),
    [
        (ALLOC, {"kind": "unsigned long"}, "goes into a variable that is not signed"),
        (f"{ALLOC} /* all */", {}, "there is a comment behind the call"),
        (f"if (most)\n\t\t{ALLOC}", {}, "is not the value of a statement of its own"),
        (f"if (most) {{\n\t\t{ALLOC}\n\t}} else {{\n\t\treturn 0;\n\t}}", {}, ""),
        (FILL.replace("16", "most"), {"pages": "given"}, "most may be 0"),
        (FILL.replace("given", "own"), {"pages": "own"}, "own is no pointer to an array of pages"),
        (
            "if (iov_iter_get_pages_alloc2(iter, &pages, 4096, &start) <= 0)\n\t\treturn 0;\n"
            "\tgot = 1;",
            {},
            "is left at",
        ),
        (
            ALLOC,
            {"drop": "for (i = 0; i < got; i++)\n\t\tif (PAGES[i])\n\t\t\tput_page(PAGES[i]);"},
            "is a branch without braces",
        ),
    ],
)
def test_what_is_not_edited(take: str, more: dict[str, str], why: str) -> None:
    text = outcome(take, **more)
    assert why in text
    assert ("iov_iter_extract_pages(iter" in text) is (not why)


def test_pages_that_are_given_away_stay_whoever_drops_them() -> None:
    taken = "pages = kmalloc(64, 0);\n\tgot = iov_iter_get_pages2(iter, pages, 4096, 8, &start);"
    assert "\tif (iov_iter_extract_will_pin(iter))\n" in outcome(taken)
    given = taken + "\n\tskb_fill_page_desc(iter, 0, NULL, 0, got);"
    assert "skb_fill_page_desc() takes over plain references" in outcome(given)
