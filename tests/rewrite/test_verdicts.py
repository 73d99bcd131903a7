# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts under a profile: what it has no function for in a tree is left to people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Acquire, Action, Confidence, Place, TraitKind, Verdict
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import NO_COUNTERPART, classify, of_helper
from tests.analysis.groups import group, trait
from tests.analysis.memory import scan_of, tree_of
from tests.rewrite.trees import make_tree

SITE = b"""\
#include <linux/mm.h>

int tag(struct mm_struct *mm, unsigned long addr, const char *from)
{
	struct vm_area_struct *vma;
	struct page *page;

	page = get_user_page_vma_remote(mm, addr, FOLL_WRITE, &vma);
	if (IS_ERR(page))
		return PTR_ERR(page);
	memcpy(page_address(page), from, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}

int fill(unsigned long addr, const char *from)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memcpy(page_address(page), from, PAGE_SIZE);
	set_page_dirty_lock(page);
	folio_put(page_folio(page));
	return 0;
}

int node(unsigned long addr)
{
	struct page *page;
	int nid;

	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	nid = page_to_nid(page);
	folio_put(page_folio(page));
	return nid;
}
"""


HELPER = b"""\
#include <linux/mm.h>

static int demo_wipe_take_locked(unsigned long addr, struct page **page)
{
	return get_user_pages_fast(addr, 1, FOLL_WRITE, page);
}

int demo_wipe_take(unsigned long addr, struct page **page)
{
	return demo_wipe_take_locked(addr, page);
}

int wipe(unsigned long addr)
{
	struct page *page;

	if (demo_wipe_take(addr, &page) != 1)
		return -EFAULT;
	memset(page_address(page), 0, PAGE_SIZE);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""


class NoCache:
    """A cache that never has anything."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


def verdicts(folder: Path, profile: str) -> dict[str, Verdict]:
    """By function."""
    tree = make_tree(folder, "6.12", {"drivers/a.c": SITE})
    found = scan(tree, cache=NoCache(), jobs=1, progress=lambda *_: None)
    result = classify(tree, pair(tree, found), profile=load_profile(profile))
    return {v.group.rsplit(":", 1)[1]: v for v in result.verdicts}


def test_a_helper_over_a_helper_needs_no_counterpart(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, "6.12", {"drivers/a.c": HELPER})
    found = scan(tree, cache=NoCache(), jobs=1, progress=lambda *_: None)
    assert {a.name for a in found.acquires} == {"get_user_pages_fast", "demo_wipe_take"}
    result = classify(tree, pair(tree, found), profile=load_profile("vaddr-pin"))
    assert [v.action for v in result.verdicts] == [Action.PIN], result.verdicts


WHY = "; else it would be pin: The kernel writes data into the pages."
TAG = "get_user_page_vma_remote() (drivers/a.c:8)"
FILL = "folio_put() (drivers/a.c:25)"


@pytest.mark.parametrize(
    ("profile", "manual", "what", "pinned"),
    [("vaddr-pin", "fill", FILL, "tag"), ("pin-user-pages", "tag", TAG, "fill")],
)
def test_what_the_profile_has_nothing_for_is_manual(
    profile: str, manual: str, what: str, pinned: str, tmp_path: Path
) -> None:
    found = verdicts(tmp_path, profile)
    left = found[manual]
    assert (left.action, left.rule, left.confidence) == (
        Action.MANUAL,
        NO_COUNTERPART,
        Confidence.LOW,
    )
    assert left.reason == f"Profile {profile} has no counterpart for {what}{WHY}"
    assert (found[pinned].action, found[pinned].rule) == (Action.PIN, "data_written")
    stays = Action.KEEP if profile == "pin-user-pages" else Action.FOLLOW
    assert found["node"].action is stays, "what keeps its release needs no counterpart for it"


UIO = b"""\
ssize_t iov_iter_extract_pages(struct iov_iter *i, struct page ***pages, size_t maxsize,
	unsigned int maxpages, unsigned int flags, size_t *offset0);
bool iov_iter_extract_will_pin(const struct iov_iter *iter);
"""
TAKES = b"""\
#include <linux/uio.h>

int send(struct sk_buff *skb, struct iov_iter *iter)
{
	struct page *pages[4];
	size_t offset;

	if (iov_iter_get_pages2(iter, pages, 4096, 4, &offset) <= 0)
		return -EFAULT;
	skb_fill_page_desc(skb, 0, pages[0], offset, 4096);
	return 0;
}

int map(struct map *map, struct iov_iter *iter)
{
	return iov_iter_get_pages2(iter, map->pages, 4096, 4, &map->offset);
}
"""


@pytest.mark.parametrize(
    ("function", "helper", "uio", "said"),
    [
        ("send", "iov_iter_get_pages2", UIO, "skb_fill_page_desc() takes over plain references"),
        (
            "map",
            "iov_iter_get_pages2",
            UIO,
            "has to know what iov_iter_extract_will_pin() returned",
        ),
        ("map", "iov_iter_get_pages_alloc2", UIO, "iov_iter_extract_pages() pins them"),
        ("map", "iov_iter_get_pages2", b"", ""),
        ("map", "another_helper", UIO, ""),
    ],
)
def test_of_callers_of_a_helper_it_says_what_stops_them(
    function: str, helper: str, uio: bytes, said: str, tmp_path: Path
) -> None:
    files = {"net/one.c": TAKES, "include/linux/uio.h": uio or b"\n"}
    parts = Counterparts(make_tree(tmp_path, "6.1", files), load_profile("pin-user-pages"))
    call = Acquire(Place("net/one.c", 8, 1), function, helper, (), (), "")
    about = replace(group(acquires=(call,)), traits=(trait(TraitKind.THROUGH_HELPER, helper),))
    found = of_helper(about, parts)
    assert said in found if said else found == ""
    assert found.count(".") <= 2


ALIAS = b"""\
#include <linux/mm.h>

#define demo_drop put_page

int demo(unsigned long addr, const char *from)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	memcpy(page_address(page), from, PAGE_SIZE);
	demo_drop(page);
	return 0;
}
"""


@pytest.mark.parametrize(
    ("meant", "action"),
    [(b"put_page", Action.PIN), (b"free_page_and_swap_cache", Action.MANUAL)],
)
def test_a_release_by_a_name_of_the_drivers_own_has_that_counterpart(
    meant: bytes, action: Action
) -> None:
    tree = tree_of({"drivers/demo/demo.c": ALIAS.replace(b"put_page", meant)})
    found = classify(tree, pair(tree, scan_of(tree)), profile=load_profile("vaddr-pin"))
    ((group, verdict),) = found.pairs()
    assert [release.name for release in group.releases] == ["demo_drop"]
    assert verdict.action is action
    assert (verdict.rule == NO_COUNTERPART) == (action is Action.MANUAL)
