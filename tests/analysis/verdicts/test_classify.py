# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts, and the warnings that travel with them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from migrate.analysis.model import (
    Action,
    Confidence,
    FollowSite,
    Pairing,
    PinGroup,
    Place,
    TraitKind,
    UseKind,
)
from migrate.analysis.verdicts.classify import classify, verdict, warnings
from migrate.analysis.verdicts.notes import NoteKind, kind_of
from tests.analysis.groups import GAP, acquire, group, release, trait, use
from tests.analysis.memory import tree_of

U, T = UseKind, TraitKind


@dataclass(frozen=True)
class Lookup:
    source: str
    target: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    name: str = "some-api"
    pins_read_only: bool = True
    follow_needs: tuple[str, ...] | None = None
    pins: bool = True
    by_rules: bool = False
    lookups: tuple[Lookup, ...] = ()


def one_warning(about: PinGroup) -> str:
    (found,) = warnings(about, Action.PIN)
    assert found.endswith(".")
    return found


def test_long_lived_without_longterm() -> None:
    found = one_warning(group(U.DMA, U.DIRTY, T.LONG_LIVED))
    assert "FOLL_LONGTERM" in found
    assert "drivers/demo/demo.c:10" in found
    assert warnings(group(U.DMA, U.DIRTY, T.LONG_LIVED, T.LONGTERM), Action.PIN) == ()
    assert warnings(group(U.DMA, U.DIRTY), Action.PIN) == ()


@pytest.mark.parametrize("written", [U.PHYSICAL_KEPT, U.DMA])
def test_written_and_not_dirtied(written: UseKind) -> None:
    assert "dirty" in one_warning(group(written, T.MAY_WRITE))
    assert warnings(group(written, U.DIRTY, T.MAY_WRITE), Action.PIN) == ()
    assert warnings(group(written), Action.PIN) == (), "read only"


def test_what_the_cpu_writes_at_once_is_as_dirty_as_gup_left_it() -> None:
    assert warnings(group(U.WRITE_DATA, T.MAY_WRITE), Action.PIN) == ()
    kept = group(U.WRITE_DATA, T.MAY_WRITE, T.LONG_LIVED, T.LONGTERM)
    assert "dirty" in one_warning(kept)


def test_no_word_of_a_flag_that_the_tree_does_not_have() -> None:
    assert warnings(group(U.DMA, U.DIRTY, T.LONG_LIVED, T.NO_LONGTERM), Action.PIN) == ()


def test_a_release_can_be_the_mark() -> None:
    both = replace(release(), name="put_user_pages_dirty_lock")
    for releases in ((both,), (release(), both)):
        assert warnings(group(U.DMA, T.MAY_WRITE, releases=releases), Action.PIN) == ()


def test_only_read_needs_no_mark() -> None:
    assert warnings(group(U.MAP, U.READ_DATA, T.MAY_WRITE), Action.PIN) == ()


def test_a_truth_value_as_flags() -> None:
    assert "truth value" in one_warning(group(U.MAP, T.BOOL_FLAGS))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            T.NEGATIVE_COUNT,
            "'nr' may be a negative error code where it is used as a count"
            " (drivers/demo/demo.c:10).",
        ),
        (
            T.ERROR_PASSES,
            "A negative error code is taken for success, because it is compared with something"
            " unsigned (drivers/demo/demo.c:10).",
        ),
        (T.RELEASED_TWICE, "A page may be released a second time (drivers/demo/demo.c:10)."),
        (
            T.LEFT_BEHIND,
            "On one path, pages are leaked (drivers/demo/demo.c:10).",
        ),
    ],
)
def test_what_a_way_through_the_function_does_wrong(kind: TraitKind, said: str) -> None:
    assert one_warning(group(U.STRUCT_PAGE, more=(trait(kind, "nr"),))) == said


def test_given_back_to_the_allocator() -> None:
    freed = use(U.FREED, "__free_page(page);")
    assert "__free_page()" in one_warning(group(more=(freed,)))


def test_warnings_come_with_what_is_converted_only() -> None:
    pinned = verdict(group(U.DMA, T.MAY_WRITE, T.LONG_LIVED), True)
    assert (pinned.action, len(pinned.warnings)) == (Action.PIN, 2)
    for kept in (group(T.NOTIFIER_HERE, U.DMA, T.MAY_WRITE), group(U.DMA, gaps=(GAP,))):
        assert verdict(kept, True).warnings == ()


def test_a_verdict_carries_its_evidence() -> None:
    found = verdict(group(more=(use(U.DMA, "dma_map_page(dev, page);", 17),)), True)
    ((place, kind, text),) = [(e.place.line, e.kind, e.text) for e in found.evidence]
    assert (place, kind, text) == (17, U.DMA.value, "dma_map_page(dev, page);")
    assert found.decided_by == "rules"


def test_what_changes_when_a_page_is_followed() -> None:
    site = FollowSite(Place("a.c", 1, 1), "vma", "at", "0", "", "page", True, "")
    about = replace(group(U.STRUCT_PAGE, T.LONG_LIVED), follows=(site,))
    found = warnings(about, Action.FOLLOW)
    assert [w.split()[0] for w in found] == ["follow_page()", "A"]
    without = replace(site, faults=False)
    assert len(warnings(replace(about, follows=(without,)), Action.FOLLOW)) == 1
    assert warnings(replace(about, follows=(without, site)), Action.FOLLOW) == found
    assert warnings(about, Action.KEEP) == ()


@pytest.mark.parametrize(
    ("needs", "action"),
    [(None, Action.KEEP), (("follow_page",), Action.FOLLOW), (("folio_walk_start",), Action.KEEP)],
)
def test_follow_wants_functions_of_the_tree(needs: tuple[str, ...] | None, action: Action) -> None:
    site = FollowSite(Place("a.c", 1, 1), "vma", "at", "0", "", "p", True, "")
    about = replace(group(U.STRUCT_PAGE), follows=(site,))
    tree = tree_of({})
    target = Target(follow_needs=needs)
    (found,) = classify(tree, Pairing(tree.commit, (about,)), profile=target).verdicts
    assert found.action is action


ADDRESS = FollowSite(acquire().place, "", "at", "0", "", "&page", True, "")


@pytest.mark.parametrize(
    ("rules", "action"),
    [
        ((), Action.KEEP),
        ((Lookup("get_user_pages_fast", "look", ("follow_page",)),), Action.FOLLOW),
        ((Lookup("get_user_pages_fast", "look", ("unheard_of",)),), Action.KEEP),
        ((Lookup("get_user_pages", "look"),), Action.KEEP),
    ],
)
@pytest.mark.parametrize("use", [(U.STRUCT_PAGE,), (U.CONSUMED, U.STRUCT_PAGE)])
def test_a_lookup_is_for_its_acquire_and_wants_functions_of_the_tree(
    rules: tuple[Lookup, ...], action: Action, use: tuple[UseKind, ...]
) -> None:
    about = replace(group(*use), follows=(ADDRESS,))
    tree = tree_of({})
    target = Target(lookups=rules)
    (found,) = classify(tree, Pairing(tree.commit, (about,)), profile=target).verdicts
    assert (found.action, found.case) == (action, "4")
    named = "look() is enough" in found.reason or "look() takes one" in found.reason
    assert named == (action is Action.FOLLOW)
    told = ("look() returns 1 or a negative error code, never 0.",) * (action is Action.FOLLOW)
    assert found.warnings == told


def test_one_verdict_a_group_in_their_order() -> None:
    groups = (group(U.DMA), group(T.PAGES_NULL), group(U.MAP, U.READ_DATA))
    tree = tree_of({})
    found = classify(tree, Pairing(tree.commit, groups), profile=Target())
    assert found.groups == groups
    assert (found.commit, found.profile) == (tree.commit, "some-api")
    assert [v.action for v in found.verdicts] == [Action.PIN, Action.KEEP, Action.PIN]
    assert [g for g, _ in found.pairs()] == list(groups)
    careful = classify(tree, Pairing(tree.commit, groups), profile=Target(pins_read_only=False))
    assert [v.action for v in careful.verdicts] == [Action.PIN, Action.KEEP, Action.KEEP]


def test_callers_of_a_kept_helper_are_kept() -> None:
    """And those of one that is converted are for a person to look at."""
    helper = group(T.NOTIFIER_HERE)
    user = group(
        acquires=(acquire(40, "get", "user"),), more=(trait(T.THROUGH_HELPER, "get"),), releases=()
    )
    tree = tree_of({})
    kept = classify(tree, Pairing(tree.commit, (helper, user)), profile=Target())
    assert [v.action for v in kept.verdicts] == [Action.KEEP, Action.KEEP]
    assert kept.verdicts[1].case == "3"
    assert kept.verdicts[1].reason == "The pages come from get(), which stays as it is."
    assert kept.verdicts[1].confidence is Confidence.HIGH
    pinned = classify(tree, Pairing(tree.commit, (group(U.DMA), user)), profile=Target())
    assert [v.action for v in pinned.verdicts] == [Action.PIN, Action.MANUAL]
    alone = classify(tree, Pairing(tree.commit, (user,)), profile=Target())
    assert [v.action for v in alone.verdicts] == [Action.MANUAL]


@pytest.mark.parametrize("by_rules", [False, True])
def test_a_profile_with_rules_for_struct_page_takes_what_only_looks_at_it(by_rules: bool) -> None:
    """And nothing else: neither what needs a pin nor what is kept for another reason."""
    groups = (
        group(U.STRUCT_PAGE),
        group(U.DMA),
        group(T.PAGES_NULL),
        group(T.NOTIFIER_HERE, U.DMA),
    )
    tree = tree_of({})
    target = Target(pins=False, by_rules=by_rules)
    found = classify(tree, Pairing(tree.commit, groups), profile=target).verdicts
    first = Action.FOLLOW if by_rules else Action.KEEP
    assert [v.action for v in found] == [first, Action.KEEP, Action.KEEP, Action.KEEP]
    assert found[1].reason.startswith("This profile leaves alone what needs a pin. ")
    assert found[1].warnings == ()


def test_evidence_is_of_the_code_itself_where_there_is_any() -> None:
    inline = replace(use(U.DMA), place=Place("include/linux/x.h", 3, 1))
    both = verdict(group(more=(inline, use(U.DMA))), True).evidence
    assert {e.place.path for e in both} == {use(U.DMA).place.path}
    header = verdict(group(more=(inline,)), True).evidence
    assert {e.place.path for e in header} == {"include/linux/x.h"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n = dma_map_sg(dev, sg, n, DMA_FROM_DEVICE);", True),
        ("n = dma_map_sg(dev, sg, n, dir);", True),
        ("n = dma_map_sg(dev, sg, n, DMA_TO_DEVICE);", False),
        ("n = pci_map_sg(dev, sg, n, PCI_DMA_TODEVICE);", False),
    ],
)
def test_what_a_device_only_reads_need_not_be_dirtied(text: str, told: bool) -> None:
    about = group(T.MAY_WRITE, more=(use(U.DMA, text),))
    kinds = {kind_of(w) for w in warnings(about, Action.PIN)}
    assert (NoteKind.NEVER_DIRTIED in kinds) is told


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (U.DMA, NoteKind.DEVICE_LONGTERM),
        (U.PHYSICAL_KEPT, NoteKind.DEVICE_LONGTERM),
        (U.WRITE_DATA, NoteKind.NO_LONGTERM),
    ],
)
def test_a_transfer_is_not_said_to_be_kept(kind: UseKind, expected: NoteKind) -> None:
    both = {NoteKind.DEVICE_LONGTERM, NoteKind.NO_LONGTERM}
    kinds = {kind_of(w) for w in warnings(group(kind, T.LONG_LIVED), Action.PIN)}
    assert kinds & both == {expected}


def test_in_whose_mm_a_page_is_looked_up_is_said_for_follow_page_alone() -> None:
    site = replace(ADDRESS, vma="vma")
    for name, mm in (("get_user_pages", "current->mm"), ("get_user_pages_remote", "the mm")):
        about = replace(group(acquires=(acquire(name=name),)), follows=(site,))
        (said,) = [w for w in warnings(about, Action.FOLLOW) if kind_of(w) is NoteKind.OTHER_MM]
        assert f"vma->vm_mm, {name}() in {mm}" in said
    by_address = replace(group(), follows=(ADDRESS,))
    kinds = [kind_of(w) for w in warnings(by_address, Action.FOLLOW, ("look",))]
    assert kinds == [NoteKind.NEVER_ZERO]
