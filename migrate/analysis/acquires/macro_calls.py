# SPDX-License-Identifier: GPL-2.0-only
"""Macros of a .c file that only call GUP: each use of one is an acquire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.analysis.frontend.macros import macro_bodies
from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.frontend.syntax import Source, parse
from migrate.analysis.frontend.text.lexical import MACRO
from migrate.analysis.ir.facts import extract
from migrate.analysis.ir.instructions import Store
from migrate.analysis.ir.model import Result
from migrate.analysis.model import Acquire, Place
from migrate.kernel.signatures import Signature


@dataclass(frozen=True)
class _Macro:
    """A macro that calls `function` at `inside` with its own arguments: the role of each argument,
    "" for one that is not passed on unchanged."""

    name: str
    function: str
    inside: Place
    roles: tuple[str, ...]


def macro_calls(source: Source, name: str, family: Mapping[str, Signature]) -> tuple[Acquire, ...]:
    """The uses of the macro `name` as acquires; none if it does anything else, has another
    definition, or a use is not understood."""
    macro = _macro(source, name, family) if source.path.endswith(".c") else None
    if macro is None:
        return ()
    found = tuple(_uses(source, macro))
    named = [m for m in mentions(source, name) if m.kind not in ("comment", "string_content")]
    return found if len(found) == len([m for m in named if not m.is_definition]) else ()


def _macro(source: Source, name: str, family: Mapping[str, Signature]) -> _Macro | None:
    bodies = list(macro_bodies(source, name))
    if len(bodies) != 1 or MACRO.findall(source.text).count(name.encode()) != 1:
        return None
    text, origin = bodies[0]
    virtual = parse(f"{source.path}:{name}:0", text, origin)
    if origin.body is None or len(virtual.functions) != 1:
        return None
    facts = extract(virtual, virtual.functions[0])
    stores = any(isinstance(i, Store) for i in facts.lowered.order)
    alone = len(facts.calls) == len(facts.returns) == 1 and not stores
    if not alone or facts.returns[0].values != (Result(0),) or facts.calls[0].unclear:
        return None
    call = facts.calls[0]
    signature = family.get(call.name)
    if signature is None or len(signature.parameters) != len(call.sources):
        return None
    given = [text.strip("() ") for text in call.sources]
    roles = tuple(
        signature.parameters[given.index(p)].name if given.count(p) == 1 else ""
        for p in facts.parameters
    )
    pages = {"pages", "page", "pagep"} & set(roles)
    return _Macro(name, call.name, call.place, roles) if pages else None


def _uses(source: Source, macro: _Macro) -> Iterator[Acquire]:
    for function in source.functions:
        if macro.name.encode() not in source.text[function.start : function.end]:
            continue
        for call in extract(source, function).calls:
            if call.name == macro.name and not call.unclear:
                yield Acquire(
                    call.place,
                    function.name,
                    macro.function,
                    call.sources,
                    macro.roles,
                    source.line_at(call.start),
                    macro.name,
                    macro.inside,
                )
