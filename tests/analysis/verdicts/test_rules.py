# SPDX-License-Identifier: GPL-2.0-only
"""Each rule of verdicts alone, and the order in which they are asked."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import (
    Action,
    Confidence,
    FollowSite,
    PinGroup,
    Place,
    TraitKind,
    UseKind,
)
from migrate.analysis.verdicts import rules
from migrate.analysis.verdicts.classify import verdict
from migrate.analysis.verdicts.question import Answer, Question, Rule
from migrate.analysis.verdicts.rules import RULES
from tests.analysis.groups import GAP, PATH, acquire, group, release, trait, use

U, T = UseKind, TraitKind
WRITTEN = (U.MAP, U.WRITE_DATA, T.MAY_WRITE)
PIN = "n = pin_user_pages(start, 1, 0, pages);"
ONLY_FAST = (acquire(name="get_user_page_fast_only"),)


Ask = Callable[[Question], Answer | None]


def ask(rule: Ask, about: PinGroup, pins_read_only: bool = True) -> Answer | None:
    return rule(Question(about, pins_read_only))


def expect(rule: Ask, about: PinGroup, action: Action, case: str) -> Answer:
    """The answer of `rule`, which must be this, and say why in one sentence."""
    answer = ask(rule, about)
    assert answer is not None
    assert (answer.action, answer.case) == (action, case)
    assert answer.reason.endswith(".")
    assert "\n" not in answer.reason
    assert (answer.confidence is Confidence.LOW) == (action is Action.MANUAL)
    return answer


def test_implementation() -> None:
    expect(rules.implementation, group(T.IMPLEMENTATION), Action.KEEP, "")
    assert ask(rules.implementation, group(*WRITTEN)) is None


def test_pages_is_null() -> None:
    expect(rules.pages_is_null, group(T.PAGES_NULL, releases=()), Action.KEEP, "")
    assert ask(rules.pages_is_null, group(*WRITTEN)) is None


@pytest.mark.parametrize("name", ["get_user_page_fast_only", "__get_user_pages_fast"])
def test_fast_only(name: str) -> None:
    about = group(T.FAST_ONLY, acquires=(acquire(name=name),))
    expect(rules.fast_only, about, Action.KEEP, "4")


def test_what_only_other_versions_compile_stays() -> None:
    expect(rules.for_other_versions, group(T.FOR_OTHER_VERSIONS), Action.KEEP, "")
    assert ask(rules.for_other_versions, group(T.OTHER_VERSIONS, *WRITTEN)) is None


@pytest.mark.parametrize("notifier", [T.NOTIFIER_HERE, T.NOTIFIER_FILE])
def test_fast_only_next_to_a_notifier_is_case_3(notifier: TraitKind) -> None:
    about = group(T.FAST_ONLY, notifier, acquires=ONLY_FAST)
    expect(rules.fast_only, about, Action.KEEP, "3")


def test_fast_only_that_uses_the_data_is_case_5() -> None:
    about = group(T.FAST_ONLY, U.MAP, U.READ_DATA, acquires=ONLY_FAST)
    expect(rules.fast_only, about, Action.KEEP, "5")


@pytest.mark.parametrize("used", [U.DMA, U.SCATTER])
def test_fast_only_says_nothing_of_what_a_device_holds_on_to(used: UseKind) -> None:
    about = group(T.FAST_ONLY, T.NOTIFIER_FILE, used, acquires=ONLY_FAST)
    assert ask(rules.fast_only, about) is None


def test_fast_only_is_sure_of_a_moment_only_when_all_of_it_is_seen() -> None:
    def confidence(about: PinGroup) -> Confidence:
        return expect(rules.fast_only, about, Action.KEEP, "4").confidence

    assert confidence(group(T.FAST_ONLY, acquires=ONLY_FAST)) is Confidence.HIGH
    gap = group(T.FAST_ONLY, U.ESCAPES, acquires=ONLY_FAST, gaps=(GAP,))
    assert confidence(gap) is Confidence.MEDIUM
    assert confidence(group(T.FAST_ONLY, acquires=ONLY_FAST, releases=())) is Confidence.MEDIUM


@pytest.mark.parametrize("more", [T.LONG_LIVED, U.PHYSICAL_KEPT])
def test_fast_only_says_nothing_of_more_than_a_moment(more: TraitKind | UseKind) -> None:
    assert ask(rules.fast_only, group(T.FAST_ONLY, more, acquires=ONLY_FAST)) is None
    notified = group(T.FAST_ONLY, T.NOTIFIER_HERE, more, acquires=ONLY_FAST)
    assert expect(rules.fast_only, notified, Action.KEEP, "3").confidence is Confidence.HIGH


def test_fast_only_says_nothing_of_a_mixed_group() -> None:
    mixed = group(T.FAST_ONLY, acquires=(*ONLY_FAST, acquire(12)))
    assert ask(rules.fast_only, mixed) is None
    assert ask(rules.fast_only, group(*WRITTEN)) is None


def test_fast_only_asks_for_nothing_of_the_callers_of_a_helper() -> None:
    with_caller = group(T.FAST_ONLY, acquires=(*ONLY_FAST, acquire(12, "demo_fetch")))
    expect(rules.fast_only, with_caller, Action.KEEP, "4")


def test_through_helper() -> None:
    helper = trait(T.THROUGH_HELPER, "demo_fetch")
    only = group(acquires=(acquire(name="demo_fetch"),), more=(helper,))
    expect(rules.through_helper, only, Action.MANUAL, "")
    both = group(acquires=(acquire(), acquire(12, "demo_fetch")), more=(helper,))
    assert ask(rules.through_helper, both) is None, "the helper itself is in the group"
    assert ask(rules.through_helper, group(*WRITTEN)) is None


def test_a_notifier_around_the_acquire() -> None:
    expect(rules.mmu_notifier, group(T.NOTIFIER_HERE, *WRITTEN), Action.KEEP, "3")


@pytest.mark.parametrize("kind", [T.NOTIFIER_FILE, T.NOTIFIER_NEAR])
def test_a_notifier_of_the_same_object(kind: TraitKind) -> None:
    member = trait(kind, "demo")
    expect(rules.mmu_notifier, group(U.DMA, structs=("demo",), more=(member,)), Action.KEEP, "3")
    other = group(U.DMA, structs=("other",), more=(member,))
    assert ask(rules.mmu_notifier, other) is None
    nameless = group(U.DMA, structs=("",), more=(trait(kind, ""),))
    assert ask(rules.mmu_notifier, nameless) is None


def test_a_notifier_that_works_on_the_object_with_the_pages() -> None:
    about = trait(T.NOTIFIER_WORKS_ON, "demo")
    expect(rules.mmu_notifier, group(U.MAP, structs=("demo",), more=(about,)), Action.KEEP, "3")
    assert ask(rules.mmu_notifier, group(U.MAP, structs=("other",), more=(about,))) is None


def test_a_pin_beside_says_that_a_plain_reference_is_meant() -> None:
    pin = replace(use(U.OTHER_SOURCE), function=acquire().function, text=PIN)
    about = group(T.NOTIFIER_FILE, U.MAP, more=(pin,))
    answer = expect(rules.pinned_beside, about, Action.KEEP, "3")
    assert "pin_user_pages() where" in answer.reason
    for other in (
        group(U.MAP, more=(pin,)),
        group(T.NOTIFIER_NEAR, U.MAP, more=(pin,)),
        group(T.NOTIFIER_FILE, U.DMA, more=(pin,)),
        group(T.NOTIFIER_FILE, more=(replace(pin, function="elsewhere"),)),
        group(T.NOTIFIER_FILE, more=(replace(pin, text="page = alloc_page();"),)),
    ):
        assert ask(rules.pinned_beside, other) is None


def test_a_notifier_in_the_file_covers_addresses_that_are_handed_on() -> None:
    about = group(T.NOTIFIER_FILE, U.PHYSICAL_KEPT)
    expect(rules.mmu_notifier, about, Action.KEEP, "3")
    assert ask(rules.mmu_notifier, group(T.NOTIFIER_NEAR, U.PHYSICAL_KEPT)) is None
    assert ask(rules.mmu_notifier, group(T.NOTIFIER_FILE, U.DMA)) is None
    kept = group(T.NOTIFIER_FILE, U.PHYSICAL_KEPT, structs=("demo",))
    assert ask(rules.mmu_notifier, kept) is None


def test_mappings_changed() -> None:
    expect(rules.mappings_changed, group(U.MANIPULATED), Action.KEEP, "4")
    assert ask(rules.mappings_changed, group(U.MANIPULATED, *WRITTEN)) is None
    assert ask(rules.mappings_changed, group(U.MANIPULATED, U.DMA)) is None
    assert ask(rules.mappings_changed, group(U.STRUCT_PAGE)) is None
    for kept in ((U.STORED,), (U.PHYSICAL_KEPT, T.LONG_LIVED)):
        assert ask(rules.mappings_changed, group(U.MANIPULATED, *kept)) is None, "held for others"
    expect(rules.mappings_changed, group(U.MANIPULATED, U.PHYSICAL_KEPT), Action.KEEP, "4")


def test_mappings_changed_and_data_read() -> None:
    read = (U.MANIPULATED, U.READ_DATA, U.MAP)
    reason = expect(rules.mappings_changed, group(*read), Action.KEEP, "4").reason
    assert "not seen to be written" in reason
    assert ask(rules.mappings_changed, group(*read, gaps=(GAP,))) is None
    for more in (U.WRITE_DATA, U.TOUCH_DATA, U.DIRTY):
        assert ask(rules.mappings_changed, group(*read, more)) is None


def test_reference_consumed() -> None:
    expect(rules.reference_consumed, group(U.CONSUMED, releases=()), Action.KEEP, "4")
    assert ask(rules.reference_consumed, group(U.CONSUMED)) is None, "it may be released, too"
    either = (U.CONSUMED, U.STRUCT_PAGE, U.PHYSICAL)
    expect(rules.reference_consumed, group(*either), Action.KEEP, "4")
    assert ask(rules.reference_consumed, group(*either, gaps=(GAP,))) is None
    assert ask(rules.reference_consumed, group(*either, U.PHYSICAL_KEPT)) is None
    for more in (U.DMA, U.STORED, U.WRITE_DATA, U.READ_DATA, U.MAP):
        assert ask(rules.reference_consumed, group(U.CONSUMED, more, releases=())) is None


def test_other_sources() -> None:
    foreign = use(U.OTHER_SOURCE, "fill(pages);")
    answer = expect(rules.other_sources, group(*WRITTEN, more=(foreign,)), Action.MANUAL, "")
    assert answer.reason.endswith("pages that did not come from GUP: fill(pages).")
    gap = Gap(GapKind.FROM_OTHER_CALL, foreign.place, function="alloc_page")
    about = group(*WRITTEN, gaps=(GAP, gap), more=(foreign,))
    answer = expect(rules.other_sources, about, Action.MANUAL, "")
    assert answer.reason.endswith("not come from GUP: the page may come from alloc_page().")
    assert ask(rules.other_sources, group(*WRITTEN)) is None


def test_the_nearest_of_other_sources_is_the_reason() -> None:
    paths = ("arch/far.c", "drivers/demo/near.c", PATH)
    foreign = tuple(use(U.OTHER_SOURCE, f"from {path}", path=path) for path in paths)
    answer = expect(rules.other_sources, group(*WRITTEN, more=foreign), Action.MANUAL, "")
    assert answer.reason.endswith(f"from {PATH}.")
    assert [e.place.path for e in answer.evidence] == list(reversed(paths))


def test_not_followed() -> None:
    passed = Gap(GapKind.PASSED_TO_UNKNOWN, Place("a.c", 3, 0), function="f")
    about = group(*WRITTEN, gaps=(passed, GAP))
    answer = expect(rules.not_followed, about, Action.MANUAL, "")
    assert answer.reason.endswith(": passed to f() at a.c:3, which cannot be followed.")
    assert ask(rules.not_followed, group(*WRITTEN)) is None


@pytest.mark.parametrize("kind", [U.EXTRA_REFERENCE, U.CONSUMED, U.MANIPULATED])
def test_extra_references(kind: UseKind) -> None:
    expect(rules.extra_references, group(kind, *WRITTEN), Action.MANUAL, "")
    assert ask(rules.extra_references, group(*WRITTEN)) is None


def test_a_page_that_the_allocator_gets_back() -> None:
    """What comes behind such a conversion would free a pinned page."""
    expect(rules.freed, group(U.FREED, *WRITTEN), Action.MANUAL, "")
    assert ask(rules.freed, group(*WRITTEN)) is None


@pytest.mark.parametrize("kind", [T.NOTIFIER_FILE, T.NOTIFIER_NEAR])
def test_a_notifier_elsewhere_in_the_driver(kind: TraitKind) -> None:
    expect(rules.notifier_near, group(kind, T.LONG_LIVED, U.DMA), Action.MANUAL, "3")
    assert ask(rules.notifier_near, group(kind, U.DMA)) is None, "short use needs no notifier"
    assert ask(rules.notifier_near, group(T.LONG_LIVED, U.DMA)) is None


def test_device_access() -> None:
    expect(rules.device_access, group(U.DMA), Action.PIN, "1")
    expect(rules.device_access, group(U.DMA, T.LONG_LIVED), Action.PIN, "2")
    assert ask(rules.device_access, group(U.SCATTER)) is None


def test_physical_address_used() -> None:
    expect(rules.physical_address_used, group(U.PHYSICAL_KEPT), Action.PIN, "1")
    expect(rules.physical_address_used, group(U.PHYSICAL_KEPT, T.LONG_LIVED), Action.PIN, "2")
    assert ask(rules.physical_address_used, group(U.PHYSICAL_KEPT, T.PUT_AT_ONCE)) is None
    assert ask(rules.physical_address_used, group(U.PHYSICAL)) is None


def test_data_written() -> None:
    sure = expect(rules.data_written, group(*WRITTEN), Action.PIN, "5")
    assert sure.confidence is Confidence.HIGH
    dirtied = expect(rules.data_written, group(U.MAP, U.DIRTY, T.MAY_WRITE), Action.PIN, "5")
    assert dirtied.confidence is Confidence.HIGH
    maybe = expect(rules.data_written, group(U.MAP, T.MAY_WRITE), Action.PIN, "5")
    assert maybe.confidence is Confidence.MEDIUM
    assert ask(rules.data_written, group(U.MAP, U.READ_DATA)) is None
    assert ask(rules.data_written, group(U.DIRTY, T.MAY_WRITE)) is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("FOLL_WRITE", " asks for write"),
        ("gup_flags", " may ask"),
        ("w ? FOLL_WRITE : 0", " may ask"),
    ],
)
def test_write_access_is_only_said_to_be_asked_for_where_it_always_is(
    flags: str, said: str
) -> None:
    one = acquire()
    asking = replace(one, arguments=(*one.arguments[:2], flags, one.arguments[3]))
    answer = ask(rules.data_written, group(U.MAP, T.MAY_WRITE, acquires=(one, asking)))
    assert answer is not None
    assert said in answer.reason


def test_only_what_is_seen_to_write_is_said_to_be_the_kernel() -> None:
    """Code that puts the pages into an iterator may leave the access to a device."""
    lent = ask(rules.data_written, group(U.TOUCH_DATA, T.MAY_WRITE))
    written = ask(rules.data_written, group(*WRITTEN))
    assert lent is not None and written is not None
    assert (lent.reason.startswith("The kernel"), written.reason.startswith("The kernel")) == (
        False,
        True,
    )


def test_an_access_and_its_dirtying_are_the_first_evidence() -> None:
    about = group(U.MAP, U.READ_DATA, U.TOUCH_DATA, U.DIRTY, T.MAY_WRITE)
    answer = ask(rules.data_written, about)
    assert answer is not None
    kinds = [evidence.kind for evidence in answer.evidence]
    assert kinds == [U.READ_DATA.value, U.DIRTY.value, U.MAP.value, U.TOUCH_DATA.value]


def test_what_is_written_is_told_from_what_is_marked_dirty() -> None:
    written = ask(rules.data_written, group(*WRITTEN, U.DIRTY))
    dirtied = ask(rules.data_written, group(U.MAP, U.DIRTY, T.MAY_WRITE))
    assert written is not None
    assert dirtied is not None
    assert ("writes" in written.reason, "writes" in dirtied.reason) == (True, False)


def test_marked_dirty() -> None:
    """Nobody marks what nobody wrote to, and the code itself does not touch the data."""
    expect(rules.marked_dirty, group(U.DIRTY, T.MAY_WRITE), Action.PIN, "1")
    kept = group(U.DIRTY, U.STORED, T.MAY_WRITE, T.LONG_LIVED)
    expect(rules.marked_dirty, kept, Action.PIN, "2")
    assert verdict(kept, False).rule == "marked_dirty"
    both = replace(release(), name="put_user_pages_dirty_lock")
    by_release = group(U.STORED, T.MAY_WRITE, releases=(both,))
    expect(rules.marked_dirty, by_release, Action.PIN, "1")
    assert ask(rules.marked_dirty, group(U.DIRTY)) is None, "does not ask for write access"
    assert ask(rules.marked_dirty, group(U.STORED, T.MAY_WRITE)) is None


def test_held_for_addresses() -> None:
    """Nothing is known of what the pages are held for but who works on their data by address."""
    by_address = (T.BY_ADDRESS, T.MAY_WRITE)
    expect(rules.held_for_addresses, group(*by_address, T.NOTIFIER_NEAR), Action.PIN, "1")
    assert decided(group(*by_address)) == "held_for_addresses"
    assert ask(rules.held_for_addresses, group(T.BY_ADDRESS)) is None, "no write access"
    assert ask(rules.held_for_addresses, group(*WRITTEN)) is None
    for more in (U.STRUCT_PAGE, U.SCATTER, T.NOTIFIER_FILE, T.NOTIFIER_HERE):
        assert ask(rules.held_for_addresses, group(*by_address, more)) is None


def test_a_group_followed_in_part_by_a_fault_in_says_so() -> None:
    both = replace(group(U.STRUCT_PAGE), follows=(replace(SITE, faults=False), SITE))
    answer = rules.followed(Question(both, True, follows=True))
    assert answer is not None
    assert "once the page has been faulted in" in answer.reason


def test_what_a_header_does_is_evidence_only_when_nothing_else_is() -> None:
    here, header = use(U.DMA), use(U.DMA, "theirs(page);", 3)
    header = replace(header, place=Place("include/linux/demo.h", 3, 1))
    only = expect(rules.device_access, group(more=(header,)), Action.PIN, "1")
    assert [e.text for e in only.evidence] == ["theirs(page);"]
    both = expect(rules.device_access, group(more=(header, here)), Action.PIN, "1")
    assert [e.text for e in both.evidence] == ["used(page);"]
    assert both.evidence[0].kind == U.DMA.value


def test_held_until_another_function_is_what_the_reason_says() -> None:
    for long, said in ((True, "held until another function"), (False, "and then released")):
        about = group(U.DMA, *((T.LONG_LIVED,) if long else ()))
        answer = ask(rules.device_access, about)
        assert answer is not None
        assert said in answer.reason
    dirty = replace(release(), name="put_user_pages_dirty_lock")
    for long in (True, False):
        traits = (T.MAY_WRITE, *((T.LONG_LIVED,) if long else ()))
        answer = ask(rules.marked_dirty, group(*traits, releases=(release(), dirty)))
        assert answer is not None
        assert ("until another function releases them" in answer.reason) is long
        assert [e.kind for e in answer.evidence] == [U.DIRTY.value]
        assert [e.text for e in answer.evidence] == [dirty.text]


@pytest.mark.parametrize(
    ("about", "case"),
    [
        (group(U.DMA, releases=()), "2"),
        (group(U.DMA, gaps=(GAP,)), "2"),
        (group(U.DMA, T.LONG_LIVED), "2"),
        (group(U.DMA), "1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_released_here_outlives_the_call(about: PinGroup, case: str) -> None:
    expect(rules.device_access, about, Action.PIN, case)


def test_the_trait_that_decides_is_the_evidence() -> None:
    near = expect(rules.notifier_near, group(T.NOTIFIER_NEAR, T.LONG_LIVED), Action.MANUAL, "3")
    assert "drivers/demo/demo.c:10" in near.reason
    assert [e.kind for e in near.evidence] == [T.NOTIFIER_NEAR.value]
    here = expect(rules.mmu_notifier, group(T.NOTIFIER_HERE), Action.KEEP, "3")
    assert [e.kind for e in here.evidence] == [T.NOTIFIER_HERE.value]
    at_once = expect(rules.only_struct_page, group(T.PUT_AT_ONCE), Action.KEEP, "4")
    assert [e.kind for e in at_once.evidence] == [T.PUT_AT_ONCE.value]
    lost = expect(rules.not_followed, group(U.ESCAPES, U.DMA, gaps=(GAP,)), Action.MANUAL, "")
    assert [e.kind for e in lost.evidence] == [U.ESCAPES.value]


def test_a_reason_ends_with_one_stop_whatever_it_quotes() -> None:
    more = use(U.EXTRA_REFERENCE, "get_page(page);")
    answer = expect(rules.extra_references, group(more=(more,)), Action.MANUAL, "")
    assert answer.reason == "Another reference to the pages is taken: get_page(page)."


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (U.EXTRA_REFERENCE, "Another reference to the pages is taken"),
        (U.CONSUMED, "A callee takes over a reference to the pages"),
        (U.MANIPULATED, "The mappings of the pages, or their place on the LRU, are changed"),
    ],
)
def test_what_a_release_may_belong_to_is_named(kind: UseKind, said: str) -> None:
    answer = expect(rules.extra_references, group(more=(use(kind, "call(p);"),)), Action.MANUAL, "")
    assert answer.reason == f"{said}: call(p)."


def test_data_read_is_for_the_profile_to_say() -> None:
    about = group(U.MAP, U.READ_DATA)
    for pins, action in ((True, Action.PIN), (False, Action.KEEP)):
        answer = ask(rules.data_read, about, pins)
        assert answer is not None
        assert (answer.action, answer.case) == (action, "5")
    assert ask(rules.data_read, group(U.STRUCT_PAGE)) is None


def test_data_that_is_written_is_never_called_only_read() -> None:
    about = group(U.MAP, U.WRITE_DATA)
    for pins, action in ((True, Action.PIN), (False, Action.MANUAL)):
        answer = verdict(about, pins)
        assert (answer.rule, answer.action, answer.case) == ("written_unasked", action, "5")
        assert "does not ask for write access" in answer.reason
    assert ask(rules.written_unasked, group(*WRITTEN)) is None
    assert ask(rules.written_unasked, group(U.MAP, U.READ_DATA)) is None


@pytest.mark.parametrize(
    ("roles", "arguments", "asks"),
    [
        ("start nr_pages gup_flags pages", "at 1 FOLL_WRITE|FOLL_FORCE &page", "asks"),
        ("start nr_pages gup_flags pages", "at 1 write?FOLL_WRITE:0 &page", "may ask"),
        ("start nr_pages gup_flags pages", "at 1 flags &page", "may ask"),
        # FOLL_WRITE is 1.
        ("start nr_pages gup_flags pages", "at 1 1 &page", "asks"),
        ("start nr_pages flags pages", "at 1 true &page", "asks"),
        ("start nr_pages foll_flags pages", "at 1 FOLL_WRITE &page", "asks"),
        # As it was before Linux 4.9 and 5.2.
        ("start nr_pages write pages", "at 1 1 &page", "asks"),
        ("start nr_pages write pages", "at 1 true &page", "asks"),
        ("start nr_pages write pages", "at 1 write &page", "may ask"),
        ("start nr_pages write force pages", "at 1 0 1 &page", "may ask"),
    ],
)
def test_whether_a_call_asks_for_write_access(roles: str, arguments: str, asks: str) -> None:
    call = replace(acquire(), roles=(*roles.split(),), arguments=(*arguments.split(),))
    answer = ask(rules.data_written, group(U.MAP, T.MAY_WRITE, acquires=(call,)))
    assert answer is not None
    assert answer.reason.endswith(f"the call {asks} for write access.")


SITE = FollowSite(Place(PATH, 10, 1), "vma", "at", "0", "", "page", True, "")


def following(*kinds: UseKind | TraitKind, site: FollowSite = SITE) -> PinGroup:
    return replace(group(*kinds), follows=(site,))


def test_followed() -> None:
    about = following(U.STRUCT_PAGE, U.PHYSICAL)
    answer = rules.followed(Question(about, True, follows=True))
    assert answer is not None
    assert (answer.action, answer.case) == (Action.FOLLOW, "4")
    assert answer.reason.endswith("is enough once the page has been faulted in.")
    assert ask(rules.followed, about) is None, "the profile has no follow_page()"
    for more in (U.MAP, U.DMA, U.STORED, U.CONSUMED, U.EXTRA_REFERENCE, U.MANIPULATED):
        assert rules.followed(Question(following(U.STRUCT_PAGE, more), True, True)) is None
    assert rules.followed(Question(group(U.STRUCT_PAGE), True, True)) is None


def test_code_that_keeps_a_physical_address_is_not_said_to_look_at_struct_page_alone() -> None:
    """The address may be used for the data, under a notifier elsewhere for instance."""
    says = "The page is released at once, and only its physical address stays in use"
    for kinds, address in (((U.PHYSICAL_KEPT, T.PUT_AT_ONCE), True), ((U.STRUCT_PAGE,), False)):
        answer = rules.followed(Question(following(*kinds), True, follows=True))
        kept = ask(rules.only_struct_page, group(*kinds))
        assert answer is not None and kept is not None
        for one in (answer, kept):
            assert one.reason.startswith(says) is address
            assert one.reason.startswith("Only struct page is looked at, never the data") is not (
                address
            )


LOOKUPS = {"get_user_pages_fast": "look"}


def test_followed_by_address() -> None:
    about = following(U.STRUCT_PAGE, site=replace(SITE, vma=""))
    answer = rules.followed(Question(about, True, lookups=LOOKUPS))
    assert answer is not None
    assert answer.action is Action.FOLLOW
    assert answer.reason == "Only struct page is looked at, never the data: look() is enough."
    assert rules.followed(Question(about, True, follows=True)) is None, "it has no vma"
    other = {"get_user_pages": "look"}
    assert rules.followed(Question(about, True, follows=True, lookups=other)) is None
    with_vma = following(U.STRUCT_PAGE)
    for follows, name in ((True, "follow_page()"), (False, "look()")):
        answer = rules.followed(Question(with_vma, True, follows, LOOKUPS))
        assert answer is not None
        assert name in answer.reason


def test_a_reference_that_is_handed_on_can_be_looked_up() -> None:
    for more, action in (((), Action.FOLLOW), ((U.STORED,), None), ((U.MAP,), None)):
        about = following(U.CONSUMED, U.STRUCT_PAGE, *more, site=replace(SITE, vma=""))
        answer = rules.reference_consumed(Question(about, True, lookups=LOOKUPS))
        assert (answer.action if answer else None) is action


def test_followed_says_what_changes() -> None:
    there = replace(SITE, faults=False)
    answer = rules.followed(Question(following(U.STRUCT_PAGE, site=there), True, True))
    assert answer is not None
    assert answer.reason.endswith("follow_page() is enough.")


def test_why_it_is_not_followed() -> None:
    about = replace(group(U.STRUCT_PAGE), no_follow="it has two pages")
    for follows, said in ((True, True), (False, False)):
        answer = rules.only_struct_page(Question(about, True, follows))
        assert answer is not None
        assert ("follow_page() does not fit, because it has two" in answer.reason) == said


def test_only_struct_page() -> None:
    expect(rules.only_struct_page, group(U.STRUCT_PAGE), Action.KEEP, "4")
    expect(rules.only_struct_page, group(U.PHYSICAL, U.STRUCT_PAGE), Action.KEEP, "4")
    expect(rules.only_struct_page, group(U.STRUCT_PAGE, U.DIRTY), Action.KEEP, "4")
    at_once = group(U.PHYSICAL_KEPT, T.PUT_AT_ONCE)
    expect(rules.only_struct_page, at_once, Action.KEEP, "4")
    expect(rules.only_struct_page, group(T.PUT_AT_ONCE), Action.KEEP, "4")
    assert ask(rules.only_struct_page, group(U.PHYSICAL_KEPT)) is None
    for more in (U.ESCAPES, U.DIRTY):
        assert ask(rules.only_struct_page, group(T.PUT_AT_ONCE, more)) is None
    for more in (U.MAP, U.DMA, U.SCATTER, U.STORED, U.ESCAPES, U.CONSUMED, U.FREED):
        assert ask(rules.only_struct_page, group(U.STRUCT_PAGE, more)) is None
    assert ask(rules.only_struct_page, group()) is None


def test_nothing_recognised_always_answers() -> None:
    expect(rules.nothing_recognised, group(), Action.MANUAL, "")
    assert RULES[-1].ask is rules.nothing_recognised


# Order


def decided(about: PinGroup, pins_read_only: bool = True) -> str:
    return verdict(about, pins_read_only).rule


@pytest.mark.parametrize(
    ("about", "rule"),
    [
        (group(T.IMPLEMENTATION, T.PAGES_NULL), "implementation"),
        (group(T.PAGES_NULL, gaps=(Gap(GapKind.NO_RELEASE),)), "pages_is_null"),
        (group(T.FAST_ONLY, *WRITTEN, acquires=ONLY_FAST), "fast_only"),
        (group(T.NOTIFIER_HERE, U.DMA, U.OTHER_SOURCE), "mmu_notifier"),
        (group(U.OTHER_SOURCE, U.DMA, gaps=(GAP,)), "other_sources"),
        (group(U.DMA, gaps=(GAP,)), "not_followed"),
        (group(U.DMA, U.EXTRA_REFERENCE), "extra_references"),
        (group(U.DMA, T.LONG_LIVED, T.NOTIFIER_NEAR), "notifier_near"),
        (group(U.DMA, U.FREED, *WRITTEN), "freed"),
        (group(U.DMA, *WRITTEN), "device_access"),
        (group(U.PHYSICAL_KEPT, *WRITTEN), "data_written"),
        (group(U.MAP, U.READ_DATA, U.STRUCT_PAGE), "data_read"),
        (group(U.STRUCT_PAGE), "only_struct_page"),
        (group(T.BY_ADDRESS, *WRITTEN), "data_written"),
        (group(U.SCATTER), "nothing_recognised"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_rule_that_answers_decides(about: PinGroup, rule: str) -> None:
    assert decided(about) == rule


def test_every_rule_has_a_name_and_says_what_it_is_for() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert inspect.getdoc(rule.ask), rule.name


def test_every_rule_has_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for rule in RULES:
        assert f"rules.{rule.name}" in text, rule.name


def test_no_rule_is_left_out_of_the_order() -> None:
    names = [n for _, n, _ in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}.")]
    made = {
        name
        for module in map(importlib.import_module, names)
        for name, kind in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and kind.__module__ == module.__name__
        and list(inspect.signature(kind).parameters) == ["q"]
        and "Answer" in str(inspect.signature(kind).return_annotation)
    }
    assert made == {rule.name for rule in RULES}


def every_answer(rule: Ask) -> set[tuple[str, Action]]:
    """What `rule` can say of a group with any two uses or traits."""
    kinds = [*UseKind, *TraitKind]
    helper = (acquire(name="evidence"),)
    found = set()
    for one, two in product(kinds, kinds):
        for acquires in ((acquire(),), ONLY_FAST, helper):
            subject = "evidence" if one is T.THROUGH_HELPER else "demo"
            traits = [trait(k, subject) for k in (one, two) if isinstance(k, TraitKind)]
            uses = [use(k, PIN) for k in (one, two) if isinstance(k, UseKind)]
            for releases, gaps in (((release(),), ()), ((), ()), ((release(),), (GAP,))):
                about = group(acquires=acquires, releases=releases, gaps=gaps, structs=("demo",))
                about = replace(about, uses=tuple(uses), traits=tuple(traits), follows=(SITE,))
                for pins, follows in product((True, False), (True, False)):
                    answer = rule(Question(about, pins, follows=follows))
                    if answer is not None:
                        found.add((answer.case, answer.action))
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_listed_of_a_rule_is_what_it_can_say(rule: Rule) -> None:
    found = every_answer(rule.ask)
    assert {case for case, _ in found} == set(rule.cases)
    assert {action for _, action in found} == set(rule.actions)
    assert len(rule.cases) == len(set(rule.cases))


KINDS = st.lists(st.sampled_from([*UseKind, *TraitKind]), max_size=7)
NEVER_PINNED = {
    *(U.OTHER_SOURCE, U.EXTRA_REFERENCE, U.CONSUMED, U.MANIPULATED),
    *(T.PAGES_NULL, T.IMPLEMENTATION, T.NOTIFIER_HERE),
}
TOUCHED = {
    *(U.DMA, U.PHYSICAL_KEPT, U.MAP, U.READ_DATA, U.WRITE_DATA, U.TOUCH_DATA, U.DIRTY),
    T.BY_ADDRESS,
}
GAPS = st.sampled_from([(), (), (Gap(GapKind.NO_RELEASE),)])
RELEASES = st.sampled_from([(), (release(),), (release(), release(30, "get"))])


@settings(max_examples=300)
@given(KINDS, GAPS, RELEASES, st.booleans())
def test_whatever_is_known_a_pin_is_never_rash(
    kinds: list[UseKind | TraitKind], gaps: tuple[Gap, ...], releases: tuple, pins: bool
) -> None:
    about = group(*kinds, gaps=gaps, releases=releases)
    found = verdict(about, pins)
    assert found.group == about.name
    (rule,) = [rule for rule in RULES if rule.name == found.rule]
    assert found.action in rule.actions
    assert found.case in rule.cases
    assert found.reason.endswith(".")
    if found.action is Action.MANUAL:
        assert found.confidence is Confidence.LOW
        assert found.warnings == ()
        return
    assert found.confidence is not Confidence.LOW
    if found.action is Action.PIN:
        assert gaps == ()
        assert found.case in ("1", "2", "5")
        assert not NEVER_PINNED & set(kinds)
        assert TOUCHED & set(kinds)


@pytest.mark.parametrize("used", [U.WRITE_DATA, U.DMA])
def test_a_notifier_does_not_say_for_sure_that_other_work_on_the_data_stops(used: UseKind) -> None:
    both = expect(rules.mmu_notifier, group(T.NOTIFIER_HERE, used), Action.KEEP, "3")
    alone = expect(rules.mmu_notifier, group(T.NOTIFIER_HERE), Action.KEEP, "3")
    assert (both.confidence, alone.confidence) == (Confidence.MEDIUM, Confidence.HIGH)


@pytest.mark.parametrize("number", [U.PHYSICAL_KEPT, U.PHYSICAL_KEY, T.NUMBERS_LOST])
def test_a_number_that_outlives_the_page_is_not_looked_at_for_sure(
    number: UseKind | TraitKind,
) -> None:
    about = group(U.STRUCT_PAGE, U.PHYSICAL, number, T.PUT_AT_ONCE)
    found = expect(rules.only_struct_page, about, Action.KEEP, "4")
    assert found.confidence is Confidence.MEDIUM


def test_a_number_out_of_sight_is_not_only_looked_at_while_the_page_is_held() -> None:
    assert ask(rules.only_struct_page, group(U.PHYSICAL, T.NUMBERS_LOST)) is None


@pytest.mark.parametrize("kind", [T.NOTIFIER_FILE, T.NOTIFIER_NEAR])
def test_what_always_asks_for_long_term_is_held_whatever_a_notifier_says(kind: TraitKind) -> None:
    about = group(
        T.LONG_LIVED, T.ALWAYS_LONGTERM, U.DMA, structs=("demo",), more=(trait(kind, "demo"),)
    )
    assert ask(rules.mmu_notifier, about) is None
    assert ask(rules.notifier_near, about) is None
    # One of two calls says nothing of the other.
    two = replace(about, acquires=(acquire(), acquire(12)))
    expect(rules.mmu_notifier, two, Action.KEEP, "3")
    expect(rules.notifier_near, replace(two, structs=()), Action.MANUAL, "3")


def test_a_notifier_that_is_consulted_counts_for_long_term_as_well() -> None:
    expect(rules.mmu_notifier, group(T.NOTIFIER_HERE, T.ALWAYS_LONGTERM, U.DMA), Action.KEEP, "3")
