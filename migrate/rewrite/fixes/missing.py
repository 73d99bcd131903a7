# SPDX-License-Identifier: GPL-2.0-only
"""Adds a missing release at one place where the function holds the pages on every path."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.model import Place
from migrate.rewrite.fixes.counts import has_a_sign
from migrate.rewrite.fixes.remedy import Case, Remedy
from migrate.rewrite.fixes.statements import indent_of, is_in_block, is_lone_branch, statement_at
from migrate.rewrite.loops.unused import mentions_of
from migrate.rewrite.model import Line
from migrate.rewrite.steps.sites import NoSite, Site
from migrate.rewrite.steps.steps import Finder, Request
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call, call_at

_COUNTS = ("nr_pages", "npages")
_PAGES = ("pages", "page")
_PLAIN_RETURN = re.compile(r"return(?:\s+-?\w+|\s+ERR_PTR\(-?\w+\))?;")
_ONE = {True: "unpin_user_page", False: "put_page"}
_MANY = {True: "unpin_user_pages", False: "release_pages"}
_CHANGES = frozenset({b"=", b"++", b"--", b"+=", b"-=", b"*=", b"/=", b"|=", b"&=", b">>=", b"<<="})


@dataclass(frozen=True)
class _Pages:
    """The pages to be released: one `page`, or the array `page` with the variable `count`."""

    page: str
    count: str
    some: bool = False
    """Whether there may be no pages, or an error code instead of the count."""

    def release(self, *, pins: bool) -> str:
        return (_MANY if self.count else _ONE)[pins]


def missing_release(case: Case) -> Remedy | NoSite:
    """A release before the return; it is executed on that path and on no other."""
    finding = case.finding
    if not finding.alone:
        return NoSite("pages are left behind in several places, or not on every path to this one")
    acquire = case.acquire()
    if acquire is None or case.pins is None:
        return NoSite("the pages are not taken in this function alone")
    number = case.draft.number_at(finding.place)
    statement = statement_at(case.draft, number) if number is not None else None
    if statement is None or not _PLAIN_RETURN.fullmatch(case.draft.source.code(statement)):
        return NoSite("the place is not a return of a plain value")
    if not (is_in_block(statement) or is_lone_branch(statement)):
        return NoSite("the return belongs to a statement without braces")
    pages = _pages(case, acquire[1], case.draft.call_at(acquire[0]))
    if isinstance(pages, NoSite):
        return pages
    before = _place_before(case, statement, pages.page, acquire[0])
    if isinstance(before, NoSite):
        return before
    release = pages.release(pins=case.pins)
    declared = case.parts.signature(release)
    if declared is None:
        return NoSite(f"the tree has no {release}()")
    if len(declared.parameters) != (2 if pages.count else 1):
        return NoSite(f"{release}() has other arguments in this tree")
    defines = (("release", release), ("page", pages.page), ("count", pages.count or "none"))
    virtuals = ("some",) if pages.some else ("many",) if pages.count else ("one",)
    what = "the page" if not pages.count else "the pages"
    return Remedy(
        (Request("release-before", defines, _before(before, pages, release), virtuals),),
        f"fix a leak of {'user pages' if pages.count else 'a user page'}",
        f"{finding.function}() still holds {what} from {acquire[1]}() when it returns here, and"
        f" nothing else refers to {'it' if not pages.count else 'them'}. Release {what} with"
        f" {release}() before.",
        (
            Line(finding.place.path, finding.place.line, finding.function, "return"),
            Line(acquire[0].path, acquire[0].line, finding.function, acquire[1]),
        ),
    )


def _pages(case: Case, name: str, call: Call | None) -> _Pages | NoSite:
    signature = case.parts.signature(name)
    if call is None or signature is None or len(signature.parameters) != len(call.arguments):
        return NoSite(f"{name}() is not called as the tree declares it")
    given = {
        parameter.name: text
        for parameter, text in zip(signature.parameters, case.arguments(call), strict=True)
    }
    count = next((given[n] for n in _COUNTS if n in given), "")
    pages = next((given[n] for n in _PAGES if n in given), "")
    if count == "1" and re.fullmatch(r"&\w+", pages):
        return _Pages(pages[1:], "")
    result = _result(case.draft, call)
    if not pages.isidentifier() or not result:
        return NoSite("the number of pages is in no variable")
    if not has_a_sign(case, result) or not _is_only_set_there(case, result, call):
        return NoSite(f"'{result}' may be something else by then")
    if not _is_only_set_before(case, pages, call):
        return NoSite(f"'{pages}' may be something else by then")
    return _Pages(pages, result, case.finding.fewer)


def _result(draft: Draft, call: Call) -> str:
    """The variable that the result of `call` is assigned to."""
    before = [token.text for token in draft.tokens[max(call.name - 2, 0) : call.name]]
    name = before[0].decode("utf-8", "replace") if len(before) == 2 and before[1] == b"=" else ""
    return name if name.isidentifier() else ""


def _changes(case: Case, name: str) -> list[int]:
    """The tokens that are the variable `name` where it may be modified."""
    function, found = case.function, []
    for node in mentions_of(function, name) if function is not None else ():
        number = case.draft.tokens_of(node)[0]
        before, after = case.draft.tokens[number - 1].text, case.draft.tokens[number + 1].text
        if after in _CHANGES or before in (b"++", b"--") or before == b"&":
            found.append(number)
    return found


def _is_only_set_there(case: Case, name: str, call: Call) -> bool:
    return _changes(case, name) == [call.name - 2]


def _is_only_set_before(case: Case, name: str, call: Call) -> bool:
    return all(number < call.name for number in _changes(case, name))


def _place_before(case: Case, leave: Node, array: str, acquire: Place) -> Place | NoSite:
    """The statement before which the array can still be released: the return `leave`, or the call
    that frees the array right before it."""
    draft, function = case.draft, case.function
    assert function is not None
    first = draft.number_at(acquire)
    beside = _siblings_before(leave)
    chosen = leave
    for node in sorted(mentions_of(function, array), key=lambda n: n.start_byte):
        number = draft.tokens_of(node)[0]
        call = _freeing(draft, number)
        if first is None or not first < number or node.start_byte >= leave.start_byte:
            continue
        home = next((s for s in beside if s.start_byte <= node.start_byte < s.end_byte), None)
        if call is None:
            if home is not None:
                chosen = leave
            continue
        statement = statement_at(draft, call)
        if statement is None or (statement != home and not _leaves_after(statement)):
            return NoSite(f"'{array}' may have been freed by then")
        if statement == home and chosen == leave:
            chosen = statement
    where = draft.place_of(draft.tokens_of(chosen)[0])
    return where if where is not None else NoSite("the place was added by another edit")


def _freeing(draft: Draft, number: int) -> int | None:
    """The name of a function that frees the array that token `number` is, as its only argument."""
    name = number - 2
    call = call_at(draft.tokens, name) if name >= 0 else None
    known = knowledge().lookup(draft.tokens[name].text.decode("utf-8", "replace")) if call else None
    if call is None or known is None or known.effect(0) is not Effect.DISCARD:
        return None
    return name if call.arguments[:1] == ((number, number + 1),) else None


def _siblings_before(statement: Node) -> list[Node]:
    if not is_in_block(statement) or statement.parent is None:
        return []
    return [n for n in statement.parent.named_children if n.end_byte <= statement.start_byte]


def _leaves_after(statement: Node) -> bool:
    """Whether the block with `statement` is left after it."""
    behind = statement.next_named_sibling
    while behind is not None:
        if behind.type in ("return_statement", "goto_statement"):
            return True
        behind = behind.next_named_sibling
    return False


def _before(place: Place, pages: _Pages, release: str) -> Finder:
    given = (b",", pages.count.encode()) if pages.count else ()
    call = (release.encode(), b"(", pages.page.encode(), *given, b")", b";")
    test = (b"if", b"(", pages.count.encode(), b">", b"0", b")") if pages.some else ()

    def find(draft: Draft) -> Site | NoSite:
        number = draft.number_at(place)
        statement = statement_at(draft, number) if number is not None else None
        indent = indent_of(draft, number) if number is not None else None
        if number is None or statement is None or indent is None:
            return NoSite(f"{place}: the statement does not begin its line")
        token = draft.tokens[number]
        at, end = f"L{token.line}C{token.column}", draft.tokens_of(statement)[1]
        line = b"\n" + indent
        gaps = _gaps(pages, line)
        if is_in_block(statement):
            return Site(at, (TokenEdit(number, 0, (*test, *call), (*gaps, line)),))
        opened = TokenEdit(number, 0, (b"{", *test, *call), (b" ", *gaps, line))
        return Site(at, (opened, TokenEdit(end, 0, (b"}",), (line.removesuffix(b"\t"),))))

    return find


def _gaps(pages: _Pages, line: bytes) -> tuple[bytes, ...]:
    """The white space before each new token."""
    if not pages.count:
        return (line, b"", b"", b"", b"")
    if not pages.some:
        return (line, b"", b"", b"", b" ", b"", b"")
    return (line, b" ", b"", b" ", b" ", b"", line + b"\t", b"", b"", b"", b" ", b"", b"")
