# SPDX-License-Identifier: GPL-2.0-only
"""Whether pages that are lent to a struct, as to an iov_iter, may be released by other code than
the known functions that use it.

The known functions take no reference of their own beyond the call. So a release of such a page must
be in code that reads the page back from the struct or from the request that was made from it, or in
code that the struct is passed to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.analysis.frontend.guards import never
from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.families import typed
from migrate.analysis.heap.names.other_names import other_names
from migrate.analysis.heap.unmodelled_uses import unclear_mentions
from migrate.analysis.ir.model import AccessPath, Call, FunctionFacts, Result, Value
from migrate.analysis.program.callers import Site
from migrate.analysis.program.functions import start_of
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program
from migrate.analysis.program.trace import PAGE, Trace
from migrate.analysis.valueflow.borrowers import lenders
from migrate.analysis.valueflow.stated_callee import stated_callee
from migrate.kernel.words import whole_word

_WORD = re.compile(r"\w+")


def taken_back(program: Program, trace: Trace) -> Iterator[Gap]:
    """A gap for each way by which lent pages of `trace` may be released by code that was not
    followed."""
    for cell, path in lenders(trace):
        borrower = knowledge().borrowers[cell.tag]
        takers = borrower.takers
        if takers or borrower.read_back:
            yield from _read_back(program, cell, path)
            yield from _given_away(program, cell.tag, takers, path)
        if takers:
            yield from _out_of_requests(program, cell.tag, path)


def _read_back(program: Program, cell: Member, path: str) -> Iterator[Gap]:
    for facts in program.cells.member_users(cell, path):
        found = program.cells.mentions(facts, cell)
        given = [(Site(facts, index), position) for index, position, _ in found.arguments]
        if found.sources or found.returns or not all(_frees_array(*place) for place in given):
            yield _by(GapKind.LENT_READ_BACK, facts, str(cell))
    yield from unclear_mentions(program, cell, program.files_with(path, cell.word))
    yield from other_names(program, cell, path)


def _frees_array(site: Site, position: int) -> bool:
    known = knowledge().lookup(site.call.name)
    return known is not None and known.effect(position) is Effect.DISCARD


def _given_away(program: Program, tag: str, takers: frozenset[str], path: str) -> Iterator[Gap]:
    """Where a struct `tag` is passed to code that is neither known nor in the scope of `path`."""
    words = {tag, *(name for name, _, _ in typed(program, tag, path))}
    takers |= _api(program, tag, path)
    for word in sorted(words):
        for file in program.files_with(path, word):
            for facts in program.functions_with(file, word):
                if never(facts.guards, program.tree.version):
                    continue
                for returned in facts.returns:
                    if _any(program, returned.values, tag, facts):
                        yield _by(GapKind.BORROWER_RETURNED, facts, tag)
                for index, call in enumerate(facts.calls):
                    meant = program.stands_for(call.name, file) or call.name
                    compiled = not never(call.guards, program.tree.version)
                    if (
                        compiled
                        and meant not in takers
                        and _gives(program, Site(facts, index), tag)
                    ):
                        yield Gap(GapKind.BORROWER_PASSED_ON, call.place, tag, call.name)


def _api(program: Program, tag: str, path: str) -> frozenset[str]:
    """The functions that may get a struct whose pages they leave alone: the words of the header
    that defines it, if whoever lends pages may find them there again."""
    body = program.types.struct(tag, path)
    if body is None or not knowledge().borrowers[tag].read_back:
        return frozenset()
    return frozenset(_WORD.findall((program.tree.read(body.path) or b"").decode(errors="replace")))


def _gives(program: Program, site: Site, tag: str) -> bool:
    call, facts = site.call, site.facts
    path = facts.function.path
    given = (n for n, values in enumerate(call.arguments) if _any(program, values, tag, facts))
    if all(_gives_back(program, site, position) for position in given):
        return False
    if known_callee(program, call.name, path) is not None:
        return False
    near = program.corpus.scope(path)
    return not any(f.path in near for f in program.definitions(call.name, path))


def _gives_back(program: Program, site: Site, position: int) -> bool:
    """Whether a contract states what the callee does with an argument, and that it does not release
    it."""
    stated = stated_callee(program, site, position)
    return stated is not None and stated.effect(position) is not Effect.CONSUME


def _any(program: Program, values: tuple[Value, ...], tag: str, facts: FunctionFacts) -> bool:
    kinds = (program.types.at(v, facts) for v in values if isinstance(v, AccessPath))
    return any(kind is not None and kind.tag == tag for kind in kinds)


def _out_of_requests(program: Program, tag: str, path: str) -> Iterator[Gap]:
    """Functions that take pages out of a request or a bio, and release pages or pass them on."""
    for word in knowledge().released_with_bios:
        for file in program.files_with(path, word):
            for facts in program.functions_with(file, word):
                yield _by(GapKind.BIO_PAGES_DROPPED, facts)
    words, called = _words(program, tag, path)
    for word in knowledge().taken_from_requests:
        for file in program.files_with(path, word):
            near = file == path or _is_neighbour(program, file, words, called)
            for facts in program.functions_with(file, word):
                if any(_releases(call) for call in facts.calls):
                    yield _by(GapKind.REQUEST_PAGE_DROPPED, facts)
                elif near and _lets_out(program, facts):
                    yield _by(GapKind.REQUEST_PAGE_LET_OUT, facts)


def _by(kind: GapKind, facts: FunctionFacts, subject: str = "") -> Gap:
    """A gap at the beginning of a function."""
    return Gap(kind, start_of(facts.function), subject, facts.function.name)


def _is_neighbour(program: Program, file: str, words: frozenset[str], called: set[str]) -> bool:
    """Whether a file contains one of `words`, or defines a function in `called`."""
    source = program.source(file)
    if source is None:
        return False
    defines = any(not f.static and f.name in called for f in source.functions)
    return defines or any(whole_word(word).search(source.text) for word in words)


def _words(program: Program, tag: str, path: str) -> tuple[frozenset[str], set[str]]:
    """The words by which other files may refer to the code of `path`, or to its structs with a
    struct `tag` inside, and the functions that this code calls."""
    source = program.source(path)
    if source is None:
        return frozenset(), set()
    holders = {holder for _, _, holder in typed(program, tag, path) if holder}
    words = {word for word in holders if word.encode() in source.text}
    words |= {f.name for f in source.functions if not f.static}
    called = {c.name for f in source.functions for c in program.facts(f).calls}
    return frozenset(words), called


def _lets_out(program: Program, facts: FunctionFacts) -> bool:
    """Whether a page leaves the function by a call of unknown code, a store, or a return."""
    path = facts.function.path
    handed: list[tuple[Value, ...]] = [returned.values for returned in facts.returns]
    for call in facts.calls:
        if known_callee(program, call.name, path) is None:
            handed.extend(call.arguments)
    for flow in facts.flows:
        if flow.target.members or flow.through or flow.target.base not in facts.types:
            handed.append(flow.sources)
    return any(_is_page(program, value, facts) for values in handed for value in values)


def _is_page(program: Program, value: Value, facts: FunctionFacts) -> bool:
    if isinstance(value, Result):
        known = known_callee(program, facts.calls[value.call].name, facts.function.path)
        return known is not None and known.gives(PAGE)
    kind = program.types.at(value, facts)
    return value.members[-1:] == ("bv_page",) or (kind is not None and kind.tag == "page")


def _releases(call: Call) -> bool:
    known = knowledge().lookup(call.name)
    return known is not None and known.releases
