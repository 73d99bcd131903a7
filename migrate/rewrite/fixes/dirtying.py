# SPDX-License-Identifier: GPL-2.0-only
"""Marks written pages dirty before they are released, where sleeping is allowed."""

from __future__ import annotations

import re

from migrate.analysis.audit.model import RELEASED
from migrate.analysis.model import Evidence, Place
from migrate.kernel.signatures import read_signatures
from migrate.rewrite.fixes.remedy import Case, Remedy, renaming
from migrate.rewrite.fixes.statements import indent_of, is_in_block, statement_at
from migrate.rewrite.model import Line
from migrate.rewrite.steps import sites
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import call_at

_MARK, _UNLOCKED = "set_page_dirty_lock", "set_page_dirty"
_BULK, _BULK_DIRTY = "unpin_user_pages", "unpin_user_pages_dirty_lock"
_ONE = frozenset({"put_page", "unpin_user_page"})
_PAGE = re.compile(r"\w+(?:\[\w+\])?")
_MAY_FORBID = re.compile(r"lock|irq|preempt|rcu|atomic|_bh|kmap_local|get_cpu|migrate_disable")
_MAY_SLEEP = re.compile(
    r"mutex_(?:un)?lock|(?:un)?lock_page|folio_(?:un)?lock|mmap_(?:read|write)_(?:un)?lock"
    r"|\w+_dirty_lock|get_user_pages_(?:un)?locked|pin_user_pages_unlocked"
)
"""Functions that :data:`_MAY_FORBID` matches although one may sleep after or under them."""


def mark_dirty(case: Case) -> Remedy | NoSite:
    """Marks the pages dirty before each release."""
    acquire = case.acquire()
    releases = [e for e in case.finding.evidence if e.kind == RELEASED]
    if acquire is None or not _is_always_written(case, acquire[0]):
        return NoSite("FOLL_WRITE is passed only under some conditions")
    requests: list[Request] = []
    for release in releases:
        found = _dirtied(case, acquire[0], release)
        if isinstance(found, NoSite):
            return found
        requests += found
    names = sorted({request.defines[-1][1] for request in requests if request.defines})
    with_what = _BULK_DIRTY if _BULK_DIRTY in names else _MARK
    return Remedy(
        tuple(requests),
        "mark user pages dirty that were written to",
        f"{case.finding.function}() writes to pages from {acquire[1]}() and releases them without"
        " marking them dirty, so the data is lost if they are reclaimed. Mark them with"
        f" {with_what}(); it may sleep, and so may {acquire[1]}() before it.",
        (Line(acquire[0].path, acquire[0].line, case.finding.function, acquire[1]),),
    )


def lock_to_mark(case: Case) -> Remedy | NoSite:
    """set_page_dirty_lock() instead of set_page_dirty()."""
    found, acquire = case.called(case.finding.place), case.acquire()
    if found is None or found[0] != _UNLOCKED or not _has(case, _MARK):
        return NoSite("the page is not marked by set_page_dirty()")
    if acquire is None or not _may_sleep(case, acquire[0], case.finding.place):
        return NoSite("it is not known whether sleeping is allowed there")
    rename = Request(
        "rename-call",
        (("old", _UNLOCKED), ("new", _MARK)),
        renaming(case.finding.place, _MARK),
    )
    where = case.finding.place
    return Remedy(
        (rename,),
        f"mark user pages dirty with {_MARK}()",
        f"{case.finding.function}() calls {_UNLOCKED}() without the page lock, so the page can be"
        f" truncated meanwhile. Use {_MARK}(); it may sleep, and so may {acquire[1]}() before it.",
        (Line(where.path, where.line, case.finding.function, _UNLOCKED),),
    )


def _dirtied(case: Case, acquire: Place, release: Evidence) -> list[Request] | NoSite:
    place = release.place
    found = case.called(place) if place.path == case.draft.path else None
    if found is None or not _may_sleep(case, acquire, place):
        return NoSite("it is not known whether marking pages dirty may sleep there")
    name, call = found
    if name == _BULK and _has(case, _BULK_DIRTY):
        appended = (("fn", _BULK), ("argument", "true"))
        renamed = (("old", _BULK), ("new", _BULK_DIRTY))
        return [
            Request("append-argument", appended, _appending(place)),
            Request("rename-call", renamed, renaming(place, _BULK_DIRTY)),
        ]
    page = case.arguments(call)[0] if call.arguments else ""
    if name not in _ONE or not _PAGE.fullmatch(page) or not _has(case, _MARK):
        return NoSite(f"{name}() does not show the page that it releases")
    statement = statement_at(case.draft, call.name)
    if statement is None or not is_in_block(statement):
        return NoSite(f"{name}() is not a statement in a block")
    return [Request("dirty-before", (("mark", _MARK),), _marking(place, page))]


def _appending(place: Place) -> Finder:
    def find(draft: Draft) -> Site | NoSite:
        call = draft.call_at(place)
        if call is None:
            return NoSite(f"{place}: the call is gone")
        return sites.append_argument(draft, call, "true")

    return find


def _marking(place: Place, page: str) -> Finder:
    def find(draft: Draft) -> Site | NoSite:
        number = draft.number_at(place)
        indent = indent_of(draft, number) if number is not None else None
        if number is None or indent is None:
            return NoSite(f"{place}: the call does not begin its line")
        words = _page_tokens(page)
        new = (_MARK.encode(), b"(", *words, b")", b";")
        line = b"\n" + indent
        gaps = (line, *(b"" for _ in new[1:]), line)
        token = draft.tokens[number]
        return Site(f"L{token.line}C{token.column}", (TokenEdit(number, 0, new, gaps),))

    return find


def _page_tokens(page: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in re.findall(r"\w+|[\[\]]", page))


def _has(case: Case, name: str) -> bool:
    return name in read_signatures(case.parts.tree, [name])


def _is_always_written(case: Case, acquire: Place) -> bool:
    """Whether FOLL_WRITE is passed in all cases."""
    call = case.draft.call_at(acquire)
    texts = case.arguments(call) if call is not None else []
    return any(re.search(r"\bFOLL_WRITE\b", text) and "?" not in text for text in texts)


def _may_sleep(case: Case, acquire: Place, place: Place) -> bool:
    """Whether sleeping is allowed at `place`: the acquire may sleep, is before it in the same
    function, and nothing in the function takes a lock that forbids sleeping."""
    function = case.function
    start, number = case.draft.number_at(acquire), case.draft.number_at(place)
    if function is None or start is None or number is None or start > number:
        return False
    tokens = case.draft.tokens
    if not function.start <= tokens[number].start < function.end:
        return False
    for at in range(*case.draft.tokens_of(function.node)):
        if call_at(tokens, at) is None:
            continue
        name = case.text(at, at + 1)
        if "fast_only" in name or (_MAY_FORBID.search(name) and not _MAY_SLEEP.fullmatch(name)):
            return False
    return True
