# SPDX-License-Identifier: GPL-2.0-only
"""What a pin changes for a caller: each sentence where it is true, and not where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from migrate.analysis.model import Acquire, Place
from migrate.delivery.commits.text.pin_facts import PinFacts, effects, pin_facts
from tests.analysis.memory import tree_of

OLD, NEW = PinFacts(), PinFacts(unshares=True, refuses_files=True)
SAME = (
    "Nothing else changes for the caller: file-backed pages are accepted as before and pinning"
    " charges nothing against RLIMIT_MEMLOCK."
)
UNSHARES = "A pin without FOLL_WRITE first unshares an anonymous page"
REFUSES = "A pin with FOLL_LONGTERM and FOLL_WRITE fails on file mappings"


@dataclass(frozen=True)
class Some:
    reads_only: bool = False
    may_read: bool = False
    longterm: bool = False
    forced: bool = False
    lent: bool = False
    takers: tuple[str, ...] = ("one",)


@pytest.mark.parametrize("pins", [OLD, NEW])
def test_a_short_pin_for_writing_changes_nothing_else(pins: PinFacts) -> None:
    assert effects([Some()], pins) == SAME


def test_a_pin_for_reading_unshares_where_the_tree_does() -> None:
    said = effects([Some(reads_only=True, may_read=True)], NEW)
    assert said.startswith(UNSHARES) and said.endswith(
        "a plain reference does not. Apart from that, nothing changes for the caller: file-backed"
        " pages are accepted as before and pinning charges nothing against RLIMIT_MEMLOCK."
    )
    assert effects([Some(reads_only=True, may_read=True)], OLD) == SAME


def test_a_long_pin_for_writing_refuses_files_where_the_tree_does() -> None:
    said = effects([Some(longterm=True)], NEW)
    assert said.startswith(REFUSES) and "accepted" not in said
    assert effects([Some(longterm=True)], OLD) == SAME
    read = effects([Some(longterm=True, reads_only=True, may_read=True)], NEW)
    assert REFUSES not in read and "accepted as before" in read


def test_force_is_named_where_all_have_it() -> None:
    assert "FOLL_FORCE is passed on" in effects([Some(forced=True)], OLD)
    assert "FORCE" not in effects([Some(forced=True), Some()], OLD)
    assert "FORCE" not in effects([Some()], OLD)


def test_who_is_named_when_it_is_not_true_of_all() -> None:
    two = [Some(reads_only=True, may_read=True), Some(takers=("two",))]
    assert effects(two, NEW).startswith(f"In one(), a{UNSHARES[1:]}")
    assert effects([Some(reads_only=True, may_read=True)] * 2, NEW).startswith(UNSHARES)


def test_it_is_said_for_whom_nothing_else_changes() -> None:
    """One, several, or those that are pinned in a message about others, too."""
    assert "changes for the caller:" in effects([Some()], OLD)
    assert "changes for the callers:" in effects([Some(), Some(takers=("two",))], OLD)
    assert "changes for one():" in effects([Some()], OLD, alone=False)


def test_without_counted_pins_nothing_changes() -> None:
    said = effects([Some(reads_only=True, may_read=True, longterm=True)], PinFacts(counted=False))
    assert said.startswith("No functional change") and "pin" not in said
    beside = effects([Some()], PinFacts(counted=False), alone=False)
    assert "No functional change" not in beside, "the lookups of the message do change something"
    assert beside.startswith("For those that are pinned, nothing changes so far: the new functions")
    assert effects([], NEW) == ""


def test_what_an_iterator_lends_changes_also_where_pins_are_not_counted() -> None:
    pages = [Some(lent=True), Some()]
    said = effects(pages, PinFacts(counted=False))
    assert said.startswith("No functional change for user memory: so far the new functions")
    beside = effects(pages, PinFacts(counted=False), alone=False)
    assert beside.startswith("For user memory that is pinned, nothing changes so far: the new")


def test_facts_are_read_off_the_tree() -> None:
    def facts(**files: str) -> PinFacts:
        header = "include/linux/mm"
        names = {"mm_h": f"{header}.h", "types": f"{header}_types.h", "gup": "mm/gup.c"}
        return pin_facts(tree_of({names[n]: t for n, t in files.items()}, skeleton=False))

    assert facts() == OLD
    assert facts(mm_h="long get_user_pages(int a);") == PinFacts(counted=False)
    assert facts(mm_h="long pin_user_pages(int a);") == OLD
    assert facts(mm_h="long pin_user_pages(int a);", types="FAULT_FLAG_UNSHARE = 1").unshares
    assert facts(gup="static bool writable_file_mapping_allowed(int a)").refuses_files


def test_who_may_write_may_also_read() -> None:
    assert effects([Some(may_read=True)], NEW).startswith(UNSHARES)
    refused = effects([Some(may_read=True, longterm=True)], NEW)
    assert UNSHARES in refused and REFUSES in refused


@pytest.mark.parametrize(
    ("role", "argument", "always"),
    [
        ("gup_flags", "FOLL_WRITE", True),
        ("gup_flags", "FOLL_FORCE | FOLL_WRITE", True),
        ("gup_flags", "write ? FOLL_WRITE : 0", False),
        ("gup_flags", "gup_flags", False),
        ("gup_flags", "0", False),
        ("gup_flags", "1", True),
        ("write", "1", True),
        ("write", "write", False),
    ],
)
def test_who_always_asks_for_write_access(role: str, argument: str, always: bool) -> None:
    acquire = Acquire(Place("a.c", 1, 1), "f", "get_user_pages", (argument,), (role,), "")
    assert acquire.always_writes is always
