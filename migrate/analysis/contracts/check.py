# SPDX-License-Identifier: GPL-2.0-only
"""Whether contracts refer to this tree, and whether its code contradicts them.

Errors are refused in one line: a name that the tree does not have, with the most similar one that
it has, and a statement that code contradicts, with the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from migrate.analysis.contract import Contract, ContractKind
from migrate.analysis.contracts.contradictions import (
    about_apart,
    about_argument,
    about_sources,
    about_storage,
)
from migrate.analysis.contracts.names import MOST, Names, nearest_of
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import PinGroup, Place, Scan
from migrate.analysis.program.callers import Site
from migrate.analysis.program.location import Member
from migrate.analysis.program.program import Program
from migrate.base.errors import Refusal
from migrate.kernel.signatures import DIRECT_NAMES

_LOOK = "Look at the code there, and correct the entry or take it out."


def check_contracts(program: Program, scan: Scan, contracts: Iterable[Contract]) -> None:
    """Raise a :class:`Refusal` for the first contract that names something missing, or that the
    code of the tree contradicts; `program` must not contain contracts."""
    names = Names(program, scan)
    for contract in contracts:
        _CHECKS[contract.kind](names, contract)


def check_groups(program: Program, groups: Iterable[PinGroup]) -> None:
    """Raise a :class:`Refusal` if a group that a notifier is said not to cover is in the same
    struct as the notifier, or if acquires and releases that are said not to belong together do."""
    for group in groups:
        for contract in group.contracts:
            if contract.kind is ContractKind.PAIRED:
                _check_pairs(contract, group)
            if contract.kind is ContractKind.NOTIFIER:
                for site in _registrations(program, contract):
                    cells = (program.cells.of(v, site.facts)[0] for v in site.call.values(0))
                    tags = {cell.tag for cell in cells if isinstance(cell, Member)}
                    for tag in sorted(tags & {*group.structs}):
                        what = f"it is a part of struct {tag}, which holds the pages"
                        raise _contradicted(contract, site.call.place, what)


def _check_pairs(c: Contract, group: PinGroup) -> None:
    if not {a.function for a in group.acquires} & {*c.acquired_in}:
        return
    for acquire in group.acquires:
        if acquire.function not in c.acquired_in:
            what = f"{acquire.name}() takes pages that are released with those"
            raise _contradicted(c, acquire.place, what)
    for release in group.releases:
        if release.function not in c.released_in:
            raise _contradicted(c, release.place, f"{release.name}() releases them, too")
    for name in c.released_in:
        if name not in {r.function for r in group.releases}:
            raise Refusal(
                f"{c.name}: no release of these pages was found in {name}().",
                "Name the functions that the pages get to, as far as they can be followed.",
            )


def _argument(names: Names, c: Contract) -> None:
    if c.until and not names.is_function(c.until) and not _is_beside(names, c):
        raise _unknown(c, f"function {c.until}()", names.near_function(c.until))
    if c.member:
        _member(names, c)
    else:
        _function(names, c.function, c)
        _not_known(c)
    for function in _meant(names, c):
        parameters = names.program.facts(function).parameters
        if c.argument > len(parameters):
            raise Refusal(
                f"{c.name}: {function.name}() has {len(parameters)} arguments.",
                f"It is defined in {function.path}; the first argument is 1.",
            )
        found = about_argument(names, c, function)
        if found is not None:
            raise _contradicted(c, *found)


def _is_beside(names: Names, c: Contract) -> bool:
    """Whether `until` is a member of the same struct."""
    tag = c.member.split(".")[0]
    return any(c.until in members for _, members in names.structs(tag)) if tag else False


def _meant(names: Names, c: Contract) -> tuple[Function, ...]:
    """The functions that a contract on an argument is about."""
    if c.function:
        return names.definitions(c.function)
    tag, member = c.member.split(".", 1)
    found: dict[str, Function] = {}
    for path in sorted({*names.files(tag)} & {*names.files(member.split(".")[-1])}):
        for function in names.program.pointer_calls.put_into(tag, member, path):
            found.setdefault(f"{function.path}:{function.ordinal}", function)
    return tuple(found.values())


def _not_known(c: Contract) -> None:
    table = knowledge().lookup(c.function)
    if table is not None or c.function in DIRECT_NAMES:
        raise Refusal(
            f"{c.name}: what {c.function}() does is known already.",
            "Remove the entry; the kernel's own functions are in kernel_api.toml.",
        )


def _callers(names: Names, c: Contract) -> None:
    _function(names, c.function, c)
    _defined_once(names, c, c.function)
    if names.is_common(c.function):
        raise Refusal(
            f"{c.name}: more than {MOST} files name {c.function}(), too many to look at.",
            "Not all of its callers can be found; remove the entry.",
        )
    found: dict[str, FunctionFacts] = {f.function.name: f for f in names.callers(c.function)}
    for name in c.callers:
        if name not in found:
            hint = nearest_of(name, found, "{}()") or f"Nothing calls {c.function}()."
            raise Refusal(f"{c.name}: {name}() does not call {c.function}().", hint)
    for name in sorted(found.keys() - {*c.callers}):
        call = next(call for call in found[name].calls if call.name == c.function)
        raise _contradicted(c, call.place, f"{name}() calls it, too")


def _defined_once(names: Names, c: Contract, name: str) -> None:
    """Of several functions by one name, `file` says which."""
    paths = sorted({function.path for function in names.definitions(name)})
    if c.file and c.file not in paths:
        raise _unknown(c, f"{name}() in {c.file}", ", ".join(paths))
    if not c.file and len(paths) > 1:
        raise Refusal(
            f"{c.name}: {name}() is defined in {paths[0]} and in {paths[1]}.",
            f'Add file = "{paths[0]}", or that of the other.',
        )


def _storage(names: Names, c: Contract) -> None:
    _member(names, c)
    for name in c.released_in:
        _function(names, name, c)
        if not any(_touches(names, f, c.member) for f in names.definitions(name)):
            raise Refusal(
                f"{c.name}: {name}() does not use struct {c.member}.",
                "Name the functions that take pages out of it and release them.",
            )
    found = about_storage(names, c)
    if found is not None:
        raise _contradicted(c, *found)


def _touches(names: Names, function: Function, member: str) -> bool:
    program = names.program
    facts = program.facts(function)
    cells = program.cells.named(facts, member.split(".")[-1])
    return any(isinstance(cell, Member) and cell.dotted == member for cell in cells)


def _apart(names: Names, c: Contract) -> None:
    _function(names, c.function, c)
    for name in c.never_reaches:
        _function(names, name, c)
        _defined_once(names, c, name)
        for function in names.definitions(name):
            found = about_apart(names, c, function)
            if found is not None:
                raise _contradicted(c, *found)


def _sources(names: Names, c: Contract) -> None:
    _function(names, c.function, c)
    _defined_once(names, c, c.function)
    taking = {a.function for a in names.scan.acquires}
    for name in c.only_from:
        if name not in taking:
            hint = nearest_of(name, taking, "{}()")
            raise Refusal(f"{c.name}: {name}() acquires nothing.", hint or _LOOK)
    found = about_sources(names, c)
    if found is not None:
        raise _contradicted(c, *found)


def _paired(names: Names, c: Contract) -> None:
    for name in c.released_in:
        _sources(names, replace(c, function=name, only_from=c.acquired_in))


def _notifier(names: Names, c: Contract) -> None:
    path, function = c.notifier.split(":")
    if names.program.tree.read(path) is None:
        files = {p for name in knowledge().notifier_registration for p in names.files(name)}
        raise _unknown(c, f"file {path}", _bare(path, files))
    if not list(_registrations(names.program, c)):
        known = {
            facts.function.name
            for name in knowledge().notifier_registration
            for facts in names.program.functions_with(path, name)
        }
        raise _unknown(c, f"MMU notifier in {function}() of {path}", _bare(function, known))


def _bare(name: str, known: Iterable[str]) -> str:
    return nearest_of(name, known).removeprefix("The nearest there is: ").removesuffix(".")


def _registrations(program: Program, c: Contract) -> Iterable[Site]:
    path, function = c.notifier.split(":")
    for name in knowledge().notifier_registration:
        for facts in program.functions_with(path, name):
            for index, call in enumerate(facts.calls):
                if facts.function.name == function and call.name == name:
                    yield Site(facts, index)


def _macro(names: Names, c: Contract) -> None:
    if c.macro.startswith("CONFIG_"):
        raise Refusal(
            f"{c.name}: {c.macro} is set by the kernel's configuration.",
            "All configurations are converted; state only macros that a build sets in another way.",
        )
    if not names.conditions_with(c.macro):
        raise _unknown(c, f"condition on {c.macro}", names.near_macro(c.macro))
    defined = f"define {c.macro}"
    for path in names.files(c.macro):
        text = names.program.tree.read(path) or b""
        for number, line in enumerate(text.split(b"\n"), 1):
            words = line.replace(b"#", b" ").split()
            if not c.set and words[:2] == defined.encode().split():
                raise _contradicted(c, Place(path, number, 0), "it is defined there")


def _member(names: Names, c: Contract) -> None:
    tag, member = c.member.split(".", 1)
    found = list(names.structs(tag))
    if not found:
        raise _unknown(c, f"struct {tag}", names.near_struct(tag))
    first = member.split(".")[0]
    if not any(first in members for _, members in found):
        known = {name for _, members in found for name in members}
        raise _unknown(c, f"member {first} of struct {tag}", _bare(first, known))


def _function(names: Names, name: str, c: Contract) -> None:
    if not names.is_function(name):
        raise _unknown(c, f"function {name}()", names.near_function(name))


def _unknown(c: Contract, what: str, near: str) -> Refusal:
    hint = f"The nearest there is: {near}." if near else "Look up how the tree spells it."
    return Refusal(f"{c.name}: the tree has no {what}.", hint)


def _contradicted(c: Contract, place: Place, what: str) -> Refusal:
    return Refusal(f"{c.name} says that {c}; {place} says otherwise: {what}.", _LOOK)


_CHECKS: Mapping[ContractKind, Callable[[Names, Contract], None]] = {
    ContractKind.ARGUMENT: _argument,
    ContractKind.CALLERS: _callers,
    ContractKind.STORAGE: _storage,
    ContractKind.APART: _apart,
    ContractKind.SOURCES: _sources,
    ContractKind.PAIRED: _paired,
    ContractKind.NOTIFIER: _notifier,
    ContractKind.MACRO: _macro,
}
