# SPDX-License-Identifier: GPL-2.0-only
"""Whether the operations of an MMU notifier work on the structs that hold the pages of a group.

Looked at are the functions that the kernel calls when a page moves and what they call or pass on as
a callback in their own file: what these name is what the notifier is for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.program.callers import Site
from migrate.analysis.program.program import Program
from migrate.analysis.traits.notifier_ops import when_pages_move


def worked_on(program: Program, site: Site, tags: Collection[str]) -> list[str]:
    """Those of the structs `tags` that the operations of the notifier registered at `site` name;
    none if the operations are not known."""
    told = when_pages_move(program, site) or {}
    source = program.source(site.facts.function.path)
    own = source.by_name if source is not None else {}
    queue = [function for name in told.values() for function in own.get(name, ())]
    seen, named = {function.id for function in queue}, set[str]()
    while queue:
        facts = program.facts(queue.pop())
        named.update(_structs(program, facts))
        for function in _led_to(facts, own):
            if function.id not in seen:
                seen.add(function.id)
                queue.append(function)
    return sorted(named & set(tags))


def _led_to(facts: FunctionFacts, own: Mapping[str, tuple[Function, ...]]) -> Iterator[Function]:
    """The functions of the same file that a function calls, or passes on by their names."""
    for call in facts.calls:
        yield from own.get(call.name, ())
        for values in call.arguments:
            for value in values:
                if isinstance(value, AccessPath) and not value.members:
                    yield from own.get(value.base, ()) if value.base not in facts.types else ()


def _structs(program: Program, facts: FunctionFacts) -> Iterator[str]:
    """The structs of the objects that a function names, more than once where it does."""
    for path in _named(facts):
        for end in range(len(path.members) + 1):
            kind = program.types.at(AccessPath(path.base, path.members[:end]), facts)
            if kind is not None and kind.tag:
                yield kind.tag


def _named(facts: FunctionFacts) -> Iterator[AccessPath]:
    yield from (access.loc for access in facts.accesses)
    yield from (flow.target for flow in facts.flows)
    for value, _ in facts.handed_on():
        if isinstance(value, AccessPath):
            yield value
