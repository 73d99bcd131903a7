# SPDX-License-Identifier: GPL-2.0-only
"""One decision for all callers of a helper that is part of GUP itself."""

from __future__ import annotations

from migrate.analysis.model import Action, Classification
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.profile.core_helpers import OF_CORE
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from tests.analysis.memory import scan_of, tree_of

GUP = b"""\
struct page *get_some_page(unsigned long addr)
{
	struct page *page;

	return get_user_pages_fast(addr, 1, 0, &page) == 1 ? page : NULL;
}
"""
READER = b"""\
void NAME(unsigned long addr, void *to)
{
	struct page *page = get_some_page(addr);

	if (page) {
		memcpy(to, page_address(page), 8);
		DROP
	}
}
"""


def decided(
    profile: str, drop: bytes = b"put_page(page);", path: str = "mm/gup.c"
) -> Classification:
    texts = {
        path: GUP,
        "fs/one.c": READER.replace(b"NAME", b"one").replace(b"DROP", b"put_page(page);"),
        "kernel/two.c": READER.replace(b"NAME", b"two").replace(b"DROP", drop),
    }
    tree = tree_of(texts)
    return classify(tree, pair(tree, scan_of(tree)), profile=load_profile(profile))


def test_who_only_reads_keeps_its_plain_reference() -> None:
    found = decided("pin-user-pages")
    ((group, verdict),) = [(g, v) for g, v in found.pairs() if v.rule == OF_CORE]
    assert [a.function for a in group.acquires] == ["one", "two"]
    assert [r.function for r in group.releases] == ["one", "two"]
    assert (verdict.action, verdict.case) == (Action.KEEP, "5")
    assert verdict.reason.startswith(
        "get_some_page(), which is part of GUP itself, hands out plain"
    )


def test_a_profile_that_pins_readers_says_why_it_cannot() -> None:
    found = decided("vaddr-pin")
    ((group, verdict),) = [(g, v) for g, v in found.pairs() if len(g.acquires) == 2]
    assert [a.function for a in group.acquires] == ["one", "two"]
    assert verdict.action is Action.MANUAL
    assert "none of its callers can change without it" in verdict.reason


def test_one_that_cannot_be_followed_leaves_all_as_they_are() -> None:
    found = decided("pin-user-pages", b"keep_for_later(page);")
    assert OF_CORE not in {v.rule for v in found.verdicts}


def test_a_helper_elsewhere_is_another_matter() -> None:
    found = decided("pin-user-pages", path="mm/other.c")
    assert OF_CORE not in {v.rule for v in found.verdicts}
