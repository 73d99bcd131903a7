# SPDX-License-Identifier: GPL-2.0-only
"""Groups with a bug whose remedy is certain: the fix comes before the conversion."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, Classification
from migrate.analysis.pairing.pair import pair
from migrate.rewrite.fixes.first import with_fixes
from migrate.rewrite.model import GroupChange, Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited
from tests.analysis.memory import MemoryTree, scan_of, tree_of

PATH = "drivers/demo/demo.c"
FREED = """\
int demo_map(struct device *dev, unsigned long addr, dma_addr_t *to)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	*to = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, *to)) {
		__free_page(page);
		return -EIO;
	}
	demo_wait(dev);
	dma_unmap_page(dev, *to, PAGE_SIZE, DMA_FROM_DEVICE);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""
NEGATIVE = """\
static void demo_release(struct page **pages, u64 num)
{
	u64 i;

	for (i = 0; i < num; i++)
		put_page(pages[i]);
}
int demo_fill(unsigned long addr, const void *from)
{
	struct page *pages[8];
	int got = get_user_pages_fast(addr, 8, FOLL_WRITE, pages);

	if (got != 8) {
		demo_release(pages, got);
		return -EFAULT;
	}
	memcpy(page_address(pages[0]), from, 8);
	set_page_dirty_lock(pages[0]);
	demo_release(pages, 8);
	return 0;
}
"""
LEFT = """\
int demo_fill(unsigned long addr, int shift, const void *from)
{
	struct page *page;

	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	if (shift > 20)
		return -EINVAL;
	memcpy(page_address(page), from, 8);
	set_page_dirty_lock(page);
	put_page(page);
	return 0;
}
"""


def run(code: str, profile: str = "pin-user-pages") -> tuple[MemoryTree, Classification, Rewrite]:
    tree, chosen = tree_of({PATH: code}), load_profile(profile)
    found = classify(tree, pair(tree, scan_of(tree)), profile=chosen)
    found = with_fixes(tree, found, chosen)
    return tree, found, rewrite_audited(tree, found, chosen, lambda _: "DEMO")


def only(result: Rewrite) -> GroupChange:
    (change,) = result.changes
    assert not result.failures
    return change


def test_a_page_that_the_allocator_gets_is_released_first() -> None:
    _, found, result = run(FREED)
    (verdict,) = found.verdicts
    assert verdict.action is Action.PIN
    change = only(result)
    (fix,) = change.fixes
    mended = FREED.replace("__free_page(page)", "put_page(page)")
    assert [file.after.decode() for file in fix.files] == [mended]
    pinned = mended.replace("put_page", "unpin_user_page").replace("get_user", "pin_user")
    (file,) = change.files
    assert (file.before.decode() if file.before else "", file.after.decode()) == (mended, pinned)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("__free_page(page)", "__free_pages(page, 0)"),
        ("	struct page *page;\n", "	struct page *page = alloc_page(GFP_KERNEL);\n"),
        ("	demo_wait(dev);\n", "	demo_hand_over(dev, page);\n"),
    ],
    ids=["several pages", "the allocator's own", "somebody else knows it"],
)
def test_what_is_not_certain_stays_manual(old: str, new: str) -> None:
    assert old in FREED
    _, found, result = run(FREED.replace(old, new))
    assert {verdict.action for verdict in found.verdicts} == {Action.MANUAL}
    assert not result.changes


def test_a_count_is_tested_first() -> None:
    _, _, result = run(NEGATIVE)
    change = only(result)
    (fix,) = change.fixes
    (file,) = change.files
    assert file.before is not None
    assert b"\t\tif (got > 0)\n\t\t\tdemo_release(pages, got);\n" in file.before
    assert b"put_page(pages[i]);" in file.before
    assert b"\t\tif (got > 0)\n\t\t\tdemo_release(pages, got);\n" in file.after
    assert b"put_page(" not in file.after
    assert fix.rule == "negative-count"


def test_without_a_certain_remedy_the_conversion_stands_alone() -> None:
    """As before: the message warns of it."""
    _, found, result = run(NEGATIVE.replace("	int got", "	u64 got"))
    change = only(result)
    assert not change.fixes and change.files
    assert any(
        "error code where it is used as a count" in w for v in found.verdicts for w in v.warnings
    )


def test_a_release_that_is_missing_is_not_added_on_the_way() -> None:
    _, found, result = run(LEFT)
    assert {verdict.action for verdict in found.verdicts} == {Action.PIN}
    assert not result.changes
    (failure,) = result.failures
    assert failure.reason == (
        f"pages are left behind at {PATH}:8, which has but one remedy: make it with gup-migrate"
        " audit --fix, and convert what comes out"
    )
