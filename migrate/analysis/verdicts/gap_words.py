# SPDX-License-Identifier: GPL-2.0-only
"""The English text for each kind of gap, and what a person should check.

In a sentence, {at} is the place as path:line and {path} its file; {callee} is the called function,
or "a function pointer"; the other fields are those of :class:`migrate.analysis.gaps.Gap`. `python
-m scripts.gap_kinds` writes docs/gaps.md from the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.analysis.gaps import GapKind


@dataclass(frozen=True)
class Wording:
    """The text for a kind of gap, and what a person should check."""

    sentence: str
    check: str


_FOLLOW_PAST = "Follow the pages from there by hand: is every reference dropped, and where?"
_READ = "Read the code: does it release the pages, or store them?"
_CALLERS = "Look at every caller: does it release what it gets?"
_STORE = "Look at what is stored there: can it be a page from elsewhere?"

WORDING: Mapping[GapKind, Wording] = {
    GapKind.SPATCH_SKIPS: Wording(
        "spatch does not parse this function",
        "A semantic patch would miss the call: is there a macro that spatch does not know?",
    ),
    GapKind.SPATCH_FAILS: Wording(
        "{other}", "Run the semantic patch by hand on the file: what does spatch stumble over?"
    ),
    GapKind.ONLY_SPATCH: Wording(
        "only spatch sees a call here",
        "Read the code: a call that the rest of the analysis does not see is not followed.",
    ),
    GapKind.NAME_UNCLEAR: Wording(
        "the code that names {function}() is not understood",
        "Is it a call? Then nothing is known of its pages.",
    ),
    GapKind.NAME_IN_MACRO: Wording(
        "a macro names the function", "Look for uses of the macro: each is a call of its own."
    ),
    GapKind.NAME_NOT_CALLED: Wording(
        "{function}() is named but not called",
        "Find who calls it through the pointer.",
    ),
    GapKind.FILE_NOT_ANALYSED: Wording(
        "{path} is not analysed: {other}",
        "Read the file: what does it do with the pages that it acquires?",
    ),
    GapKind.FILE_NAMES_STORAGE: Wording(
        "{path} is not analysed: {other} ('{subject}' is named there)",
        "Read the file: does it use that storage, and release its pages?",
    ),
    GapKind.ANALYSIS_FAILED: Wording(
        "a bug of gup-migrate ended the analysis of the pages of {callee}: {other}",
        "Read the function: what does it do with the pages? Please report the bug with that line.",
    ),
    GapKind.ACQUIRE_OUTSIDE_FUNCTION: Wording(
        "the function around {at} is not understood",
        "Find the function that the call is in, and its releases.",
    ),
    GapKind.ACQUIRE_ARGUMENTS_UNCLEAR: Wording(
        "the arguments of {function}() at {at} are not understood",
        "Find out which argument is the array of pages.",
    ),
    GapKind.ACQUIRE_OTHER_PROTOTYPE: Wording(
        "the arguments of {function}() at {at} are not those of this tree's prototype",
        "Does the code compile in this tree? It may be for another version of the kernel.",
    ),
    GapKind.ACQUIRE_NEVER_COMPILED: Wording(
        "the code at {at} is never compiled here",
        "The conditions around the call exclude this version of the kernel: is it still needed?",
    ),
    GapKind.PAGES_ARGUMENT_UNKNOWN: Wording(
        "the pages argument at {at} is not known",
        "Find out which argument, or the result, is the page.",
    ),
    GapKind.PAGES_ARGUMENT_NO_VARIABLE: Wording(
        "the pages argument at {at} is not a variable",
        "Find out where the pages are written to.",
    ),
    GapKind.NO_RELEASE: Wording(
        "no release was found",
        "Find where the references are dropped, or whether they are leaked.",
    ),
    GapKind.TOO_MANY_PLACES: Wording(
        "the pages reach too many places to follow them all", _FOLLOW_PAST
    ),
    GapKind.TOO_MANY_ADDRESSES: Wording(
        "addresses of the pages reach too many places",
        "Look for code that turns the addresses into pages again and releases them.",
    ),
    GapKind.PASSED_TO_UNKNOWN: Wording(
        "passed to {callee} at {at}, which cannot be followed",
        "Look at what is called: does it keep the page, release it, or take the reference over?",
    ),
    GapKind.UNNAMED_ARGUMENT: Wording(
        "{function}() takes it as an unnamed argument at {at}",
        "Look at what the function does with its variable arguments.",
    ),
    GapKind.CALL_ARGUMENTS_UNCLEAR: Wording(
        "the arguments at {at} are not understood", "Read the call: what becomes of the pages?"
    ),
    GapKind.RETURNED_TO_UNKNOWN: Wording(
        "not all callers of {function}(), which returns it, are known", _CALLERS
    ),
    GapKind.FILLED_FOR_UNKNOWN: Wording(
        "not all callers of {function}(), which fills it, are known", _CALLERS
    ),
    GapKind.FUNCTION_NAMED: Wording(
        "{function}() is used other than by a call at {at}, so that not all callers are known",
        "Find who calls it from there: does it release what it gets?",
    ),
    GapKind.MADE_A_NUMBER: Wording(
        "{function}() computes a number from it at {at}",
        "Look for code that turns the number into a page again and releases it.",
    ),
    GapKind.ON_A_LIST: Wording(
        "the page is put on a list at {at}",
        "Look at everything that walks the list: does it release the pages?",
    ),
    GapKind.BEHIND_A_RESULT: Wording(
        "it is stored through a pointer that a call returned, {at}",
        "Find the object, and everything that releases its pages.",
    ),
    GapKind.IN_OTHER_MEMORY: Wording(
        "the pages are stored in memory that belongs to {subject}, {at}",
        "Find all names of this memory, and everything that releases pages in it.",
    ),
    GapKind.MACRO_RELEASES: Wording(
        "the macro at {at} releases it",
        "The macro has two definitions, pastes names, or is in a public header: edit it by hand.",
    ),
    GapKind.PUBLIC_STRUCT: Wording(
        "{subject} belongs to a struct of a public header",
        "Search the whole tree for code that releases pages of this member.",
    ),
    GapKind.GLOBAL_UNDECLARED: Wording(
        "no declaration of '{subject}' was found",
        "Find what the name is, and who else uses it.",
    ),
    GapKind.GLOBAL_SHARED: Wording(
        "'{subject}' is named outside of its folder",
        "Look at the other files that name it: do they release the pages?",
    ),
    GapKind.TYPE_UNKNOWN: Wording(
        "the type that holds '{subject}' in {path} is not known",
        "Find the definition of the struct, and everything that uses the member.",
    ),
    GapKind.HEADER_INCLUDED_OUTSIDE: Wording(
        "{path} includes {other}, where the storage is declared",
        "Does that file use the member that holds the pages?",
    ),
    GapKind.CALLED_FROM_OUTSIDE: Wording(
        "{path} calls {function}() from outside its folder",
        "Does that file release the pages that it gets, or pass in pages of its own?",
    ),
    GapKind.SHARED_STORAGE: Wording(
        "{subject} shares its storage with another member",
        "Look at the other members of the union: are pages released through them?",
    ),
    GapKind.STRUCT_CAST: Wording(
        "struct {subject} is cast to another type at {at}",
        "Look at what the other struct has in the same place, and what is done with it.",
    ),
    GapKind.STRUCT_COPIED_OUT: Wording(
        "struct {subject} is copied to something else at {at}",
        "Look at the copy: are the pages released from there?",
    ),
    GapKind.STRUCT_COPIED_IN: Wording(
        "struct {subject} is copied from struct {other} at {at}",
        "Look at the original: may it have pages from elsewhere?",
    ),
    GapKind.CODE_UNCLEAR: Wording("the code at {at} is not understood", _READ),
    GapKind.CODE_OUTSIDE_FUNCTION: Wording("the code around {at} is not understood", _READ),
    GapKind.FUNCTION_TOO_DEEP: Wording("{function}() is nested too deep to be understood", _READ),
    GapKind.MEMBER_TYPE_UNKNOWN: Wording(
        "the type that holds '{subject}' in {function}() is not known",
        "Is it the struct that holds the pages? Then look at what the function does with them.",
    ),
    GapKind.MEMBER_OFFSET_TAKEN: Wording(
        "the offset of '{subject}' in struct {other} is taken at {at}",
        "Look at what is done with the address: does it release the pages?",
    ),
    GapKind.MACRO_NAMES_MEMBER: Wording(
        "a macro at {at} names member '{subject}'",
        "Look at the macro and its uses: do they release the pages?",
    ),
    GapKind.MACRO_STANDS_FOR_MEMBER: Wording(
        "the macro at {at} expands to '{subject}'",
        "Look for uses of the macro as a member: do they release the pages?",
    ),
    GapKind.MACRO_NAMES_VARIABLE: Wording(
        "the macro at {at} names '{subject}' in {function}()",
        "Look at the macro: does it release the pages?",
    ),
    GapKind.RELEASE_NOT_CALLED: Wording(
        "{function} is named but not called at {at}",
        "Find who calls it through the pointer: is it given pages of this group?",
    ),
    GapKind.RELEASED_BY_SCOPE: Wording(
        "{function}() has variables with __free() or __cleanup()",
        "Is the page in one of them? Then it is released when the function is left.",
    ),
    GapKind.RELEASE_FINDS_PAGE_AGAIN: Wording(
        "the release at {at} looks its page up by an address or a number; it may be one of these",
        "Find where the address or number that the page is found by comes from.",
    ),
    GapKind.RELEASE_UNFILLED: Wording(
        "the release at {at} drops pages of {subject}, in which no code was found to store any",
        "Find how they get there: is an object with pages of this group used as that struct?",
    ),
    GapKind.LENT_RELEASED: Wording(
        "the release at {at} drops a page that was only lent",
        "Whose reference is dropped? The code that lends pages drops its own, too.",
    ),
    GapKind.LENT_READ_BACK: Wording(
        "{function}() takes pages out of {subject} again",
        "Look at the function: does it release them?",
    ),
    GapKind.BORROWER_RETURNED: Wording(
        "{function}() returns a struct {subject}",
        "Look at its callers: do they take the pages out and release them?",
    ),
    GapKind.BORROWER_PASSED_ON: Wording(
        "struct {subject} is passed to {callee} at {at}",
        "Look at what is called: does it take the pages out and release them?",
    ),
    GapKind.BIO_PAGES_DROPPED: Wording(
        "{function}() in {path} drops the pages of a bio",
        "Can it be a bio with pages of this group?",
    ),
    GapKind.REQUEST_PAGE_DROPPED: Wording(
        "{function}() in {path} drops a page of a request",
        "Can it be a request with pages of this group?",
    ),
    GapKind.REQUEST_PAGE_LET_OUT: Wording(
        "{function}() in {path} hands out a page of a request",
        "Can it be a page of this group, and who releases it?",
    ),
    GapKind.OTHER_CALL_MAY_FILL: Wording(
        "{callee} may store pages there",
        "Look at what is called: what does it store, and who drops that?",
    ),
    GapKind.OTHER_CALL_FILLS: Wording(
        "{function}() stores pages there, too", "Find out which release is for which pages."
    ),
    GapKind.FROM_OTHER_CALL: Wording(
        "the page may come from {callee}",
        "Look at what is called: can its page get to the release?",
    ),
    GapKind.FROM_ALLOCATED_MEMORY: Wording(
        "the page may be memory from {function}()", "Can the address get to the release?"
    ),
    GapKind.RELEASED_NO_VARIABLE: Wording(
        "what is released is not a variable", "Find out which page is released."
    ),
    GapKind.STORED_NO_VARIABLE: Wording(
        "the value stored into {subject} is not a variable", _STORE
    ),
    GapKind.COPIED_NO_VARIABLE: Wording(
        "the value copied into {subject} is not a variable", _STORE
    ),
    GapKind.NOTHING_SETS: Wording(
        "no assignment to {subject} was found",
        "Find where the pages that are released get there: by a name that is not recognised?",
    ),
    GapKind.MAY_BE_SET: Wording("{callee} may set {subject}", _STORE),
    GapKind.SOURCE_TYPE_UNKNOWN: Wording("the type of '{subject}' is not known", _STORE),
    GapKind.SOURCE_PUBLIC: Wording(
        "{subject} is visible to the whole tree",
        "Search the whole tree for code that stores pages there.",
    ),
    GapKind.SOURCE_CALLERS_UNKNOWN: Wording(
        "not all callers of {function}() are known",
        "Look at every caller: can it pass a page from elsewhere?",
    ),
    GapKind.SOURCE_FUNCTION_NAMED: Wording(
        "{function}() is used other than by a call, so that not all callers are known",
        "Find who calls it from there: can it pass a page from elsewhere?",
    ),
}
"""Every kind; a test checks that none is missing."""
