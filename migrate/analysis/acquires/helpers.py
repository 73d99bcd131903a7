# SPDX-License-Identifier: GPL-2.0-only
"""The tree's own helpers over GUP: functions that pass acquired pages to their callers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.analysis.code_id import code_id
from migrate.analysis.ir.model import AccessPath, Call, FunctionFacts, Result, Value
from migrate.analysis.program.location import CallResult, Local
from migrate.analysis.program.program import Program
from migrate.analysis.program.type_lookup import CONTAINERS
from migrate.analysis.traits.traits import is_implementation_file
from migrate.base import codec
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES, TWIN_NAMES, Parameter, Signature

RETURNED = -1
"""The position that stands for the return value."""

_INNER = ("__get_user_pages", "internal_get_user_pages", "faultin_page_range")


@dataclass(frozen=True)
class Helper:
    """A function that is not static and passes pages to its callers through argument `position` or
    its return value; `path` is the file that defines it."""

    name: str
    path: str
    position: int

    def signature(self, parameters: int) -> Signature:
        """A prototype in which only the position of the pages is known."""
        names = ["pages" if n == self.position else f"#{n}" for n in range(parameters)]
        return Signature(self.name, "", tuple(Parameter("", n) for n in names), self.path)


class HelperFinder:
    """Looks for helpers in the files of one tree; `cache` has those of unchanged files and
    folders."""

    def __init__(self, program: Program, cache: FactCache | None = None) -> None:
        self._program, self._cache = program, cache

    def find(
        self, paths: Iterable[str], family: Mapping[str, int]
    ) -> tuple[tuple[Helper, Signature], ...]:
        """The helpers in `paths` over the functions of `family`, name to position of the pages."""
        found: dict[str, tuple[Helper, Signature]] = {}
        for path in paths:
            for helper, count in self._in_file(path, family):
                found.setdefault(helper.name, (helper, helper.signature(count)))
        return tuple(found.values())

    def _in_file(self, path: str, family: Mapping[str, int]) -> tuple[tuple[Helper, int], ...]:
        text = self._program.tree.read(path)
        if text is None:
            return ()
        key = _key(path, self._program.corpus.scope_folder(path), text, family)
        row = _decoded(self._cache.get(key)) if self._cache is not None else None
        if row is not None and row.folders == self._ids(row.folders):
            return row.helpers
        with self._program.asking() as asked:
            found = tuple(_in_file(self._program, path, family))
        if self._cache is not None and not asked.words and asked.folders:
            made = _Row(found, self._ids(asked.folders))
            self._cache.put(key, json.dumps(codec.to_data(made)))
        return found

    def _ids(self, folders: Iterable[str]) -> dict[str, str]:
        return {name: self._program.tree.folder_id(name) for name in folders}


@dataclass(frozen=True)
class _Row:
    """The helpers of a file, each with its number of parameters, and the ids of the folders that
    define the types in it."""

    helpers: tuple[tuple[Helper, int], ...]
    folders: dict[str, str]


def _key(path: str, scope: str, text: bytes, family: Mapping[str, int]) -> str:
    """The cache key of one file, with the functions that its text may contain."""
    known = {name: position for name, position in family.items() if name.encode() in text}
    basis = json.dumps([code_id(), path, scope, known, sorted(_others(family))], sort_keys=True)
    return "helpers " + hashlib.sha256(basis.encode("utf-8", "surrogateescape") + text).hexdigest()


def _others(family: Mapping[str, int]) -> frozenset[str]:
    """Functions that pass on no plain reference; they are no helpers in a search for those."""
    return TWIN_NAMES if family.keys().isdisjoint(PIN_NAMES) else frozenset()


def _decoded(stored: str | None) -> _Row | None:
    try:
        return codec.from_data(json.loads(stored), _Row) if stored is not None else None
    except ValueError:
        return None


def _in_file(program: Program, path: str, family: Mapping[str, int]) -> list[tuple[Helper, int]]:
    source = program.source(path)
    if source is None:
        return []
    handing: dict[str, int] = dict(family)
    others = _others(family)
    found: list[tuple[Helper, int]] = []
    for _ in range(4):  # the depth of helpers over helpers; kernels have no deeper ones
        before = len(handing)
        for function in source.functions:
            text = source.text[function.start : function.end]
            if function.name in others or function.name in handing:
                continue
            if not any(n.encode() in text for n in handing):
                continue
            facts = program.facts(function)
            position = _hands_out(program, facts, handing, is_implementation_file(path))
            if position is None:
                continue
            handing[function.name] = position
            internal = function.name in (*GUP_NAMES, *PIN_NAMES)
            internal = internal or function.name.startswith(_INNER)
            if not function.static and path.endswith(".c") and not internal:
                found.append((Helper(function.name, path, position), len(facts.parameters)))
        if len(handing) == before:
            break
    return found


def _hands_out(
    program: Program, facts: FunctionFacts, handing: Mapping[str, int], inner: bool
) -> int | None:
    """The parameter or RETURNED by which acquired pages leave the function; None if they stay."""
    for index, call in enumerate(facts.calls):
        position = _pages_of(call, handing, inner)
        if position is None:
            continue
        values: tuple[Value, ...] = (Result(index),)
        if position != RETURNED:
            values = call.values(position)
        for value in values:
            way_out = _way_out(program, facts, value)
            if way_out is not None:
                return way_out
    return None


def _pages_of(call: Call, handing: Mapping[str, int], inner: bool) -> int | None:
    if call.name in handing:
        return handing[call.name]
    if inner and call.name.startswith(_INNER):
        for position, text in enumerate(call.sources):
            if "page" in text and not text.isupper() and "nr" not in text:
                return position
    return None


def _way_out(program: Program, facts: FunctionFacts, value: Value) -> int | None:
    seen = {value}
    queue = [value]
    while queue:
        current = queue.pop()
        if (
            isinstance(current, AccessPath)
            and not current.members
            and current.base in facts.parameters
        ):
            kind = facts.types.get(current.base)
            if kind is not None and kind.depth > 1:
                return facts.parameters.index(current.base)
        if _is_member(current, facts):
            continue
        cell, _ = program.cells.of(current, facts)
        if not isinstance(cell, Local | CallResult) or cell.function != facts.function.id:
            continue
        mentions = program.cells.mentions(facts, cell)
        if any(not via for _, via in mentions.returns) and _is_pages(program, current, facts):
            return RETURNED
        for flow, _ in mentions.sources:
            if flow.target not in seen:
                seen.add(flow.target)
                queue.append(flow.target)
    return None


def _is_member(value: Value, facts: FunctionFacts) -> bool:
    """Whether `value` is a member of an object, not of a container of pages; which object does not
    matter."""
    if not isinstance(value, AccessPath) or not value.members:
        return False
    kind = facts.types.get(value.base)
    return kind is None or (kind.tag not in CONTAINERS and kind.tag != "folio")


def _is_pages(program: Program, value: Value, facts: FunctionFacts) -> bool:
    if isinstance(value, Result):
        return True
    kind = program.types.at(value, facts)
    return kind is not None and kind.tag in ("page", "folio")
