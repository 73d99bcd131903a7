# SPDX-License-Identifier: GPL-2.0-only
"""The value that a member has where it is read, when one store before it is sure to be the last.

`o->address = page_to_phys(page); ... kept = o->address;` reads what was stored, whatever the caller
had in the member: when the object is a variable of the caller that nobody else knows, and no way
leads around the store.
"""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Source, name_of, nodes
from migrate.analysis.ir.model import AccessPath, Flow, FunctionFacts, Value
from migrate.analysis.model import Place
from migrate.analysis.program.program import Program

_JUMPED_TO = frozenset({"labeled_statement", "case_statement"})


def latest(program: Program, flow: Flow, facts: FunctionFacts) -> tuple[Value, ...]:
    """The sources of `flow`, each member that was overwritten before as what was stored there."""
    found: list[Value] = []
    for value in flow.sources:
        store = _last_store(program, value, flow, facts) if isinstance(value, AccessPath) else None
        found.extend(store.sources if store is not None else (value,))
    return tuple(found)


def _last_store(program: Program, loc: AccessPath, read: Flow, facts: FunctionFacts) -> Flow | None:
    stores = [
        f for f in facts.flows if (f.target.base, f.target.members) == (loc.base, loc.members)
    ]
    real = [f for f in stores if not f.null]
    if not loc.members or loc.loaded or facts.incomplete or len(real) != 1:
        return None
    (store,) = real
    if store.through or not store.sources or not store.guards <= read.guards:
        return None
    own = _is_own(program, loc, facts) and not _is_known(program, loc, facts)
    return store if own and _comes_before(program, store.place, read.place, facts) else None


def _is_own(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the object is a local variable, or one of the callers' that only this function
    gets."""
    inside = [program.types.at(AccessPath(loc.base, loc.members[:n]), facts) for n in _inner(loc)]
    if any(kind is None or kind.depth > 0 for kind in inside):
        return False
    kind = facts.types.get(loc.base)
    if kind is None or kind.depth > 1:
        return False
    if kind.depth == 0:
        return loc.base not in facts.parameters
    return loc.base in facts.parameters and _only_ours(program, loc, facts)


def _inner(loc: AccessPath) -> range:
    return range(1, len(loc.members))


def _only_ours(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    function, position = facts.function, facts.parameters.index(loc.base)
    sites, closed = program.callers.of(function)
    if not (function.static and function.path.endswith(".c") and closed and sites):
        return False
    for site in sites:
        given = site.call.values(position)
        if len(given) != 1 or not isinstance(given[0], AccessPath) or given[0].members:
            return False
        name = given[0].base
        kind = site.facts.types.get(name)
        if kind is None or kind.depth > 0 or name in site.facts.parameters:
            return False
        handed = [
            v for v, _ in site.facts.handed_on() if isinstance(v, AccessPath) and v.base == name
        ]
        whole = [v for v in handed if v.members == loc.members[: len(v.members)]]
        if whole != [given[0]] or site.facts.incomplete:
            return False
    return True


def _is_known(program: Program, loc: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the function hands on the object, the member's address, or points elsewhere."""
    for value, by_address in facts.handed_on():
        if not isinstance(value, AccessPath) or value.base != loc.base:
            continue
        size = len(value.members)
        if value.members == loc.members[:size] and (size < len(loc.members) or by_address):
            return True
    for flow in facts.flows:
        target = flow.target
        if target.base == loc.base and _shares(program, loc, target, facts):
            return True
        around = target.base == loc.base and target.members == loc.members[: len(target.members)]
        if around and len(target.members) < len(loc.members):
            return True
        if any((v == loc or _same(v, loc)) for v in flow.sources):
            kind = program.types.at(target, facts)
            if kind is None or kind.depth > 0:
                return True
    return any(
        node.type == "update_expression" and _names(node, loc.members[-1])
        for node in nodes(facts.function.body)
    )


def _names(node: Node, member: str) -> bool:
    return any(n.type == "field_identifier" and name_of(n) == member for n in nodes(node))


def _shares(program: Program, loc: AccessPath, other: AccessPath, facts: FunctionFacts) -> bool:
    """Whether the paths part in a union, so that both are in the same place."""
    size = next(
        (n for n, (a, b) in enumerate(zip(loc.members, other.members, strict=False)) if a != b),
        None,
    )
    if size is None:
        return False
    kind = program.types.at(AccessPath(loc.base, loc.members[:size]), facts)
    if kind is None:
        return True
    body = kind.inline or program.types.struct(kind.tag, facts.function.path)
    return body is None or {loc.members[size], other.members[size]} <= body.unions


def _same(value: Value, loc: AccessPath) -> bool:
    return isinstance(value, AccessPath) and (value.base, value.members) == (loc.base, loc.members)


def _comes_before(program: Program, store: Place, read: Place, facts: FunctionFacts) -> bool:
    """Whether every way through the function to `read` goes through the statement at `store`."""
    source = program.source(facts.function.path)
    first = _assignment(source, store) if source is not None else None
    then = _assignment(source, read) if source is not None else None
    if first is None or then is None or first.end_byte > then.start_byte:
        return False
    statement = first.parent
    block = statement.parent if statement is not None else None
    if statement is None or statement.type != "expression_statement" or block is None:
        return False
    if block.type != "compound_statement" or not _is_inside(then, block):
        return False
    return not any(
        node.type in _JUMPED_TO and first.end_byte <= node.start_byte <= then.start_byte
        for node in nodes(facts.function.body)
    )


def _assignment(source: Source, place: Place) -> Node | None:
    point = (place.line - 1, place.column)
    node = source.root.descendant_for_point_range(point, point)
    while node is not None and node.type != "assignment_expression":
        node = node.parent
    return node if node is not None and source.place(node) == place else None


def _is_inside(node: Node, block: Node) -> bool:
    current: Node | None = node
    while current is not None and current != block:
        current = current.parent
    return current is not None
