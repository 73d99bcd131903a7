# SPDX-License-Identifier: GPL-2.0-only
"""The notes of a message besides the reason of a verdict: a closed set of kinds, each with its
text.

bench/notes.toml judges each note on some kernels: whether a maintainer would keep it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum, auto
from functools import cache
from string import Formatter


class NoteKind(StrEnum):
    """The subject of a note; `bench.notes` counts by these names."""

    OTHER_VERSIONS = auto()
    NO_LONGTERM = auto()
    DEVICE_LONGTERM = auto()
    NEVER_DIRTIED = auto()
    TRUTH_VALUE = auto()
    ERROR_AS_COUNT = auto()
    ERROR_PASSES = auto()
    RELEASED_TWICE = auto()
    LEFT_BEHIND = auto()
    FREED = auto()
    NEVER_ZERO = auto()
    OTHER_MM = auto()
    RECLAIMED = auto()
    FAULTS_MORE = auto()
    STRINGS = auto()
    NAMED_FLAGS = auto()
    DROPPED_FLAGS = auto()
    TESTED_SIGN = auto()
    UNSHARES = auto()
    REFUSES_FILES = auto()


WORDS: Mapping[NoteKind, str] = {
    NoteKind.OTHER_VERSIONS: "Code for other versions of the kernel stays as it is: {where}.",
    NoteKind.NO_LONGTERM: (
        "The pages stay pinned after the function returns, without FOLL_LONGTERM ({where})."
        " Adding it would make the call fail on fsdax mappings and move pages out of CMA, so that"
        " is left to a separate patch."
    ),
    NoteKind.DEVICE_LONGTERM: (
        "FOLL_LONGTERM is not added ({where}): the call would then fail on fsdax mappings and move"
        " pages out of CMA. If user space controls how long the device uses the pages, that is for"
        " a separate patch."
    ),
    NoteKind.NEVER_DIRTIED: (
        "The pages may be written to while they are held and are never marked dirty."
    ),
    NoteKind.TRUTH_VALUE: "A truth value is passed as gup_flags ({where}).",
    NoteKind.ERROR_AS_COUNT: (
        "'{name}' may be a negative error code where it is used as a count ({where})."
    ),
    NoteKind.ERROR_PASSES: (
        "A negative error code is taken for success, because it is compared with something unsigned"
        " ({where})."
    ),
    NoteKind.RELEASED_TWICE: "A page may be released a second time ({where}).",
    NoteKind.LEFT_BEHIND: "On one path, pages are leaked ({where}).",
    NoteKind.FREED: "The page is given to {name}() instead of being released ({where}).",
    NoteKind.NEVER_ZERO: "{name} 1 or a negative error code, never 0.",
    NoteKind.OTHER_MM: "follow_page() looks the page up in vma->vm_mm, {name} in {where}.",
    NoteKind.RECLAIMED: (
        "A page that is reclaimed between the fault-in and follow_page() makes the call fail, where"
        " GUP would fault it in again."
    ),
    NoteKind.FAULTS_MORE: (
        "{name} tries again where GUP without pages stops because the lock was dropped, and also"
        " faults in mappings of devices, which GUP refuses."
    ),
    NoteKind.STRINGS: "Strings that name {name} are left as they are: {where}.",
    NoteKind.NAMED_FLAGS: "Pass flags where a truth value was passed as gup_flags.",
    NoteKind.DROPPED_FLAGS: "Drop {name}, which the new function does not accept.",
    NoteKind.TESTED_SIGN: (
        "Test the sign of the count, which the new function takes as unsigned: the old one does"
        " nothing if it is negative."
    ),
    NoteKind.UNSHARES: (
        "{where} pin without FOLL_WRITE first unshares an anonymous page that is shared"
        " copy-on-write; a plain reference does not."
    ),
    NoteKind.REFUSES_FILES: (
        "{where} pin with FOLL_LONGTERM and FOLL_WRITE fails on file mappings that need dirty"
        " tracking; a plain reference does not."
    ),
}
"""Every kind; a test checks that none is missing."""


def note(kind: NoteKind, where: object = "", name: str = "") -> str:
    """The note in one or two sentences; `where` and `name` are inserted into its text."""
    return WORDS[kind].format(where=where, name=name)


def kind_of(text: str) -> NoteKind | None:
    """The kind of the note with the text `text`, None if it is not one of these notes."""
    return next((kind for kind in NoteKind if _pattern(kind).fullmatch(text)), None)


@cache
def _pattern(kind: NoteKind) -> re.Pattern[str]:
    parts = Formatter().parse(WORDS[kind])
    return re.compile(
        "".join(re.escape(text) + (".*" if field else "") for text, field, *_ in parts)
    )
