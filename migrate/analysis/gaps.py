# SPDX-License-Identifier: GPL-2.0-only
"""Kinds of code that could not be followed: a closed set; a person can check each of them.

The analysis only looks at the kind. The English text is in
:mod:`migrate.analysis.verdicts.wording`; docs/gaps.md says what to check in the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from migrate.analysis.place import Place


class GapKind(StrEnum):
    """Why a group is incomplete. The values are in report.json and do not change."""

    # A finder skips a call, or code that may contain one.
    SPATCH_SKIPS = "spatch-skips"
    SPATCH_FAILS = "spatch-fails"
    ONLY_SPATCH = "only-spatch"
    NAME_UNCLEAR = "name-unclear"
    NAME_IN_MACRO = "name-in-macro"
    NAME_NOT_CALLED = "name-not-called"
    FILE_NOT_ANALYSED = "file-not-analysed"
    FILE_NAMES_STORAGE = "file-names-storage"
    ANALYSIS_FAILED = "analysis-failed"

    # The call that acquires is not understood, so nothing is followed from it.
    ACQUIRE_OUTSIDE_FUNCTION = "acquire-outside-function"
    ACQUIRE_ARGUMENTS_UNCLEAR = "acquire-arguments-unclear"
    ACQUIRE_OTHER_PROTOTYPE = "acquire-other-prototype"
    ACQUIRE_NEVER_COMPILED = "acquire-never-compiled"
    PAGES_ARGUMENT_UNKNOWN = "pages-argument-unknown"
    PAGES_ARGUMENT_NO_VARIABLE = "pages-argument-no-variable"

    # The pages go to code that cannot be followed.
    NO_RELEASE = "no-release"
    TOO_MANY_PLACES = "too-many-places"
    TOO_MANY_ADDRESSES = "too-many-addresses"
    PASSED_TO_UNKNOWN = "passed-to-unknown"
    UNNAMED_ARGUMENT = "unnamed-argument"
    CALL_ARGUMENTS_UNCLEAR = "call-arguments-unclear"
    RETURNED_TO_UNKNOWN = "returned-to-unknown"
    FILLED_FOR_UNKNOWN = "filled-for-unknown"
    FUNCTION_NAMED = "function-named"
    MADE_A_NUMBER = "made-a-number"
    ON_A_LIST = "on-a-list"
    BEHIND_A_RESULT = "behind-a-result"
    IN_OTHER_MEMORY = "in-other-memory"
    MACRO_RELEASES = "macro-releases"

    # Code that was not analysed may access the storage of the pages.
    PUBLIC_STRUCT = "public-struct"
    GLOBAL_UNDECLARED = "global-undeclared"
    GLOBAL_SHARED = "global-shared"
    TYPE_UNKNOWN = "type-unknown"
    HEADER_INCLUDED_OUTSIDE = "header-included-outside"
    CALLED_FROM_OUTSIDE = "called-from-outside"
    SHARED_STORAGE = "shared-storage"
    STRUCT_CAST = "struct-cast"
    STRUCT_COPIED_OUT = "struct-copied-out"
    STRUCT_COPIED_IN = "struct-copied-in"

    # Code that may be a release is not understood.
    CODE_UNCLEAR = "code-unclear"
    CODE_OUTSIDE_FUNCTION = "code-outside-function"
    FUNCTION_TOO_DEEP = "function-too-deep"
    MEMBER_TYPE_UNKNOWN = "member-type-unknown"
    MEMBER_OFFSET_TAKEN = "member-offset-taken"
    MACRO_NAMES_MEMBER = "macro-names-member"
    MACRO_STANDS_FOR_MEMBER = "macro-stands-for-member"
    MACRO_NAMES_VARIABLE = "macro-names-variable"
    RELEASE_NOT_CALLED = "release-not-called"
    RELEASED_BY_SCOPE = "released-by-scope"
    RELEASE_FINDS_PAGE_AGAIN = "release-finds-page-again"
    RELEASE_UNFILLED = "release-unfilled"

    # Pages that a struct borrows may be released by other code.
    LENT_RELEASED = "lent-released"
    LENT_READ_BACK = "lent-read-back"
    BORROWER_RETURNED = "borrower-returned"
    BORROWER_PASSED_ON = "borrower-passed-on"
    BIO_PAGES_DROPPED = "bio-pages-dropped"
    REQUEST_PAGE_DROPPED = "request-page-dropped"
    REQUEST_PAGE_LET_OUT = "request-page-let-out"

    # A release of the group also drops pages that no acquire of the group has taken.
    OTHER_CALL_MAY_FILL = "other-call-may-fill"
    OTHER_CALL_FILLS = "other-call-fills"
    FROM_OTHER_CALL = "from-other-call"
    FROM_ALLOCATED_MEMORY = "from-allocated-memory"

    # A release of the group may do so: its pages could not be traced back.
    RELEASED_NO_VARIABLE = "released-no-variable"
    STORED_NO_VARIABLE = "stored-no-variable"
    COPIED_NO_VARIABLE = "copied-no-variable"
    NOTHING_SETS = "nothing-sets"
    MAY_BE_SET = "may-be-set"
    SOURCE_TYPE_UNKNOWN = "source-type-unknown"
    SOURCE_PUBLIC = "source-public"
    SOURCE_CALLERS_UNKNOWN = "source-callers-unknown"
    SOURCE_FUNCTION_NAMED = "source-function-named"


OF_FINDERS = frozenset(
    {GapKind.SPATCH_SKIPS, GapKind.SPATCH_FAILS, GapKind.ONLY_SPATCH}
    | {GapKind.NAME_UNCLEAR, GapKind.NAME_IN_MACRO, GapKind.NAME_NOT_CALLED}
)
"""The two finders disagree about a place, or one of them does not know."""

FOREIGN_SOURCES = frozenset(
    {GapKind.OTHER_CALL_MAY_FILL, GapKind.OTHER_CALL_FILLS}
    | {GapKind.FROM_OTHER_CALL, GapKind.FROM_ALLOCATED_MEMORY}
)
"""A release of the group also drops pages that no acquire of the group has taken."""

UNKNOWN_SOURCES = frozenset(
    {GapKind.RELEASED_NO_VARIABLE, GapKind.STORED_NO_VARIABLE, GapKind.COPIED_NO_VARIABLE}
    | {GapKind.NOTHING_SETS, GapKind.MAY_BE_SET, GapKind.SOURCE_TYPE_UNKNOWN}
    | {GapKind.SOURCE_PUBLIC, GapKind.SOURCE_CALLERS_UNKNOWN, GapKind.SOURCE_FUNCTION_NAMED}
)
"""A release of the group may do so, because its pages could not be traced back."""


@dataclass(frozen=True)
class Gap:
    """One step that could not be followed.

    `place` is in the code, None if there is no single place. `subject` is the storage or type in
    question: a variable, a member as `struct tag.member`, or the tag of a struct. `function` is the
    function that contains the code, is called, or is not understood; "" if there is none, and for a
    call through a pointer, whose member is then the `subject`, as "tag.name". `other` is additional
    text, for a call the number of the argument; :mod:`migrate.analysis.verdicts.wording` says which
    kind uses which fields.
    """

    kind: GapKind
    place: Place | None = None
    subject: str = ""
    function: str = ""
    other: str = ""


@dataclass(frozen=True)
class Unparsed:
    """A function that a finder skipped although it contains an acquire or a release.

    `named` is the acquire or release, and `detail` the reason: the message of spatch, or the limit
    of a file that is exceeded.
    """

    place: Place
    function: str
    kind: GapKind
    named: str = ""
    detail: str = ""

    @property
    def gap(self) -> Gap:
        """The corresponding gap for a group that has a call at the place."""
        return Gap(self.kind, self.place, function=self.named, other=self.detail)


def distinct(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """`gaps` in their order, without those that differ from an earlier one only in the column."""
    found: dict[Gap, Gap] = {}
    for gap in gaps:
        line = replace(gap.place, column=0) if gap.place is not None else None
        found.setdefault(replace(gap, place=line), gap)
    return tuple(found.values())
