# SPDX-License-Identifier: GPL-2.0-only
"""Whether the operations of an MMU notifier may reach the storage of a group when pages move.

A driver's notifier may be for other ranges. It covers the pages only if its operations lead to code
that uses their storage: by calls, or through deferred work or callbacks. Calls are followed from
the operations; for the rest, the callers of that code are followed upward, and must end at entry
points of system calls, such as file operations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from migrate.analysis.frontend.initializers import initialised_by
from migrate.analysis.frontend.kernel_api import Effect
from migrate.analysis.frontend.mentions import Mention, mentions
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.place import FunctionId
from migrate.analysis.program.callers import Site, is_export
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import Global, Member, Untyped
from migrate.analysis.program.program import Program
from migrate.analysis.traits.notifier_ops import when_pages_move

Storage = Member | Global

_MOST = 300
"""Functions; if an operation leads to more, it is not followed to the end."""

_ENTERED = frozenset({"file_operations", "proc_ops", "seq_operations", "vm_operations_struct"})
"""The tables of functions that the kernel calls for a system call of a process, and never from the
operation of a notifier."""

_LAST_REFERENCE = frozenset({"fput", "fput_many", "filp_close", "__fput_sync"})
"""Functions that may nevertheless call functions in such a table."""

_PLAIN = frozenset({"comment", "string_content", "field_identifier", "type_identifier"})


def may_reach(program: Program, site: Site, storage: Iterable[tuple[Storage, str]]) -> bool:
    """Whether the notifier that is registered at `site` may affect pages in `storage`, each with a
    file that sees it; also true if that is not known."""
    told = when_pages_move(program, site)
    path = site.facts.function.path
    kept = list(storage)
    if told is None or not kept or any(_is_far(program, cell, path) for cell, _ in kept):
        return True
    roots = [f for name in told.values() for f in program.definitions(name, path)]
    if len(roots) < len(told):
        return True
    touching = _touching(program, kept)
    way = _Way(program, touching)
    if way.leads_there(roots):
        return True
    return not way.closed and _may_be_called_back(program, touching)


def _is_far(program: Program, cell: Storage, path: str) -> bool:
    """Whether code outside of the driver may use the storage."""
    return isinstance(cell, Member) and program.types.is_public(cell.tag, path)


def _touching(
    program: Program, storage: Iterable[tuple[Storage, str]]
) -> dict[FunctionId, Function]:
    """The functions that name a storage location, or the struct that contains it."""
    found: dict[FunctionId, Function] = {}
    for cell, path in storage:
        if isinstance(cell, Global):
            users = list(program.cells.global_users(cell))
        else:
            near = program.cells.member_users(cell, path)
            users = [facts for facts in near if _names(program, facts, cell)]
            for file in program.types.naming(cell.tag, path):
                for word in program.types.names(cell.tag, path):
                    users.extend(program.functions_with(file, word))
        found |= {facts.function.id: facts.function for facts in users}
    return found


def _names(program: Program, facts: FunctionFacts, cell: Member) -> bool:
    """Whether a function names a member, or one of that name in an unknown struct."""
    named = program.cells.named(facts, cell.word)
    return any(c == cell or isinstance(c, Untyped) for c in named)


class _Way:
    """The functions that the operations of a notifier call; `closed` says that the set is
    complete."""

    def __init__(self, program: Program, wanted: Collection[FunctionId]) -> None:
        self._program, self._wanted = program, wanted
        self.closed = True

    def leads_there(self, roots: Iterable[Function]) -> bool:
        """Whether one of the wanted functions is among those that are called; also true if there
        are too many."""
        seen: dict[FunctionId, Function] = {f.id: f for f in roots}
        queue = list(seen.values())
        while queue:
            function = queue.pop()
            facts = self._program.facts(function)
            if function.id in self._wanted or len(seen) > _MOST or facts.incomplete:
                return True
            for index, call in enumerate(facts.calls):
                if call.name in _LAST_REFERENCE:
                    return True
                self.closed &= not call.unclear
                for callee in self._called(Site(facts, index)):
                    if callee.id not in seen:
                        seen[callee.id] = callee
                        queue.append(callee)
        return False

    def _called(self, site: Site) -> Iterator[Function]:
        """The functions that a call in the driver may call, and those passed to it."""
        program, call, path = self._program, site.call, site.facts.function.path
        for values in call.arguments:
            for value in values:
                if isinstance(value, AccessPath) and not value.members:
                    yield from self._by_name(value.base, site.facts)
        known = known_callee(program, call.name, path) if call.name else None
        if known is not None:
            self.closed &= Effect.ESCAPE not in known.effects
            return
        meant = program.pointer_calls.meant_by(site)
        self.closed &= bool(meant) and not any(_is_of_kernel(f) for f in meant)
        yield from (f for f in meant if not _is_of_kernel(f))

    def _by_name(self, name: str, facts: FunctionFacts) -> Iterator[Function]:
        if name not in facts.types:
            own = self._program.near_definitions(name, facts.function.path)
            yield from (f for f in own if not is_macro(f) and not _is_of_kernel(f))


def _is_of_kernel(function: Function) -> bool:
    """Whether it is an inline function of a header for the whole kernel, which may defer work."""
    return function.path.startswith("include/")


def _may_be_called_back(program: Program, functions: dict[FunctionId, Function]) -> bool:
    """Whether one of `functions`, or a caller of it, is called through a pointer other than for a
    system call; also true if there are too many callers."""
    seen, queue = dict(functions), list(functions.values())
    while queue:
        function = queue.pop()
        if len(seen) > _MOST or is_macro(function):
            return True
        for path in program.files_with(function.path, function.name):
            source = program.source(path)
            if source is None or source.unread:
                return True
            for mention in mentions(source, function.name):
                if mention.kind in _PLAIN or is_export(source, mention.at):
                    continue
                if not _is_plain(mention) and not _is_entered(mention):
                    return True
                caller = source.function_at(mention.at)
                if caller is not None and caller.id not in seen:
                    seen[caller.id] = caller
                    queue.append(caller)
    return False


def _is_plain(mention: Mention) -> bool:
    """Whether a function is called or declared there."""
    return mention.kind == "identifier" and mention.holder in (
        "call_expression",
        "function_declarator",
    )


def _is_entered(mention: Mention) -> bool:
    """Whether a function is in a table of functions that system calls use."""
    found = initialised_by(mention)
    return found is not None and found.type is not None and found.type.tag in _ENTERED
