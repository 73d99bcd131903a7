# SPDX-License-Identifier: GPL-2.0-only
"""What a pin is in a tree, and its effects for a caller that took references before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.base.prose import called, listed
from migrate.kernel.tree import Tree

_HEADERS = ("include/linux/mm.h", "include/linux/mm_types.h")


@dataclass(frozen=True)
class PinFacts:
    """`counted` says that pins are counted apart from references, as since Linux 5.6; `unshares`
    that a pin without FOLL_WRITE first breaks the sharing of an anonymous page that is shared
    copy-on-write, as since 5.19 (gup_must_unshare() in mm); `refuses_files` that one with
    FOLL_LONGTERM and FOLL_WRITE fails on file mappings that need dirty tracking, as since 6.5
    (writable_file_mapping_allowed() in mm/gup.c)."""

    counted: bool = True
    unshares: bool = False
    refuses_files: bool = False


class Caller(Protocol):
    """The properties of a group on which the effects of a pin depend; see GroupText in
    groups.py."""

    @property
    def takers(self) -> tuple[str, ...]: ...

    @property
    def reads_only(self) -> bool: ...

    @property
    def may_read(self) -> bool: ...

    @property
    def longterm(self) -> bool: ...

    @property
    def forced(self) -> bool: ...

    @property
    def lent(self) -> bool: ...


def pin_facts(tree: Tree) -> PinFacts:
    """Derived from the sources of `tree`; a tree without headers counts as new."""
    headers = [text for text in map(tree.read, _HEADERS) if text is not None]
    return PinFacts(
        counted=not headers or any(b"pin_user_pages(" in text for text in headers),
        unshares=any(b"FAULT_FLAG_UNSHARE" in text for text in headers),
        refuses_files=b"writable_file_mapping_allowed" in (tree.read("mm/gup.c") or b""),
    )


_UNCHANGED = "the new functions take and drop references as the old ones did."


def effects(callers: Sequence[Caller], pins: PinFacts, *, alone: bool = True) -> str:
    """The effects of a pin for `callers`, all of which are pinned in a tree with `pins`, and
    related things a reviewer would ask about that do not change; `alone` says that the message is
    about no others."""
    if not callers:
        return ""
    if not pins.counted:
        # A page that an iterator lends has no reference any more, which its reason says.
        only = "user memory" if any(c.lent for c in callers) else ""
        if alone:
            whom = f" for {only}" if only else ""
            return f"No functional change{whom}: so far {_UNCHANGED}"
        whom = f"{only} that is" if only else "those that are"
        return f"For {whom} pinned, nothing changes so far: {_UNCHANGED}"
    refused = [c for c in callers if pins.refuses_files and c.longterm and not c.reads_only]
    changed = list(_changed(callers, refused, pins))
    same = [] if refused else ["file-backed pages are accepted as before"]
    same += ["FOLL_FORCE is passed on"] if all(c.forced for c in callers) else []
    rest = listed([*same, "pinning charges nothing against RLIMIT_MEMLOCK"])
    lead = "Apart from that, nothing" if changed else "Nothing else"
    names = [name for c in callers for name in c.takers]
    whom = ("the callers" if len(names) > 1 else "the caller") if alone else called(names)
    return " ".join([*changed, f"{lead} changes for {whom}: {rest}."])


def _changed(callers: Sequence[Caller], refused: Sequence[Caller], pins: PinFacts) -> Iterator[str]:
    shared = [c for c in callers if pins.unshares and c.may_read]
    if shared:
        yield note(NoteKind.UNSHARES, _in(shared, callers))
    if refused:
        yield note(NoteKind.REFUSES_FILES, _in(refused, callers))


def _in(some: Sequence[Caller], of: Sequence[Caller]) -> str:
    """The beginning of a sentence about a pin: it names the functions if it is not true of all."""
    return f"In {called([n for c in some for n in c.takers])}, a" if len(some) < len(of) else "A"
