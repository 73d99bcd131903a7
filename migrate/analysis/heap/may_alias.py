# SPDX-License-Identifier: GPL-2.0-only
"""Whether two mentions of a member belong to different objects, so that neither sees what the other
stores."""

from __future__ import annotations

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.heap.containment import Chain, Containment, chains, is_given, members_of
from migrate.analysis.heap.families import structs_around
from migrate.analysis.heap.fresh_memory import is_new
from migrate.analysis.heap.objects import Objects, Origins
from migrate.analysis.ir.model import AccessPath, FunctionFacts, Value
from migrate.analysis.program.location import AbstractLocation, Member
from migrate.analysis.program.program import Program

Owners = Origins | Containment
"""The objects that have a member: by where they are allocated, or by what contains them."""


class MayAlias:
    """Answers for one tree, each computed once."""

    def __init__(
        self, program: Program, objects: Objects, more: frozenset[str] = frozenset()
    ) -> None:
        self._program = program
        self._objects = objects
        self._more = more
        self._copied: dict[tuple[str, str], bool] = {}
        self._open: dict[tuple[Chain, str], bool] = {}

    def others(
        self,
        owners: Owners,
        cell: AbstractLocation,
        values: tuple[Value, ...],
        facts: FunctionFacts,
    ) -> bool:
        """Whether `values` name the member `cell` only in other objects than `owners`."""
        named = [v for v in values if self._program.cells.of(v, facts)[0] == cell]
        if isinstance(owners, Containment):
            parts = [self._chains(v, facts) for v in named if isinstance(v, AccessPath)]
            return bool(parts) and all(p is not None and owners.apart_from(p) for p in parts)
        found = [self._objects_of(cell, value, facts) for value in named]
        return bool(found) and all(o is not None and not o & owners for o in found)

    def owners(self, cell: AbstractLocation, value: Value, facts: FunctionFacts) -> Owners | None:
        """The objects whose member `cell` is named by `value`; None if not all are known, or if the
        contents of one of them may be copied into another as part of a whole struct."""
        if not isinstance(cell, Member) or not isinstance(value, AccessPath):
            return None
        if not self._program.types.is_public(cell.tag, facts.function.path):
            return self._objects_of(cell, value, facts)
        found, path = self._chains(value, facts), facts.function.path
        if found is None or any(self._is_open(chain, path) for chain in found.all):
            return None
        return found

    def _is_open(self, chain: Chain, path: str) -> bool:
        """Whether code in the scope of `path` copies a struct that contains the member, or passes
        on its address."""
        if (chain, path) not in self._open:
            words = {word for part in members_of(chain) for word in part}
            families = [self._family(tag, path) for tag in sorted(words)]
            tags = frozenset(tag for family, _ in families for tag in family)
            words |= {word for _, more in families for word in more}
            copied = self._any_copies(tags, words, path)
            self._open[chain, path] = copied or is_given(self._program, chain, path)
        return self._open[chain, path]

    def _chains(self, value: AccessPath, facts: FunctionFacts) -> Containment | None:
        return chains(self._program, self._objects, value, facts)

    def _objects_of(
        self, cell: AbstractLocation, value: Value, facts: FunctionFacts
    ) -> Origins | None:
        path = facts.function.path
        if not isinstance(cell, Member) or not isinstance(value, AccessPath):
            return None
        if self._program.types.is_public(cell.tag, path):
            return None
        found = self._objects.of_owner(value, facts)
        return None if found is None or self.is_copied(cell.tag, path) else found

    def is_copied(self, tag: str, path: str) -> bool:
        """Whether a struct `tag` may be copied as a whole, by itself or within another struct."""
        body = self._program.types.struct(tag, path)
        home = body.path if body is not None else path
        key = (tag, f"{home} {self._program.corpus.scope_folder(path)}")
        if key not in self._copied:
            self._copied[key] = self._any_copies(*self._family(tag, path), path)
        return self._copied[key]

    def _any_copies(self, tags: frozenset[str], words: set[str], path: str) -> bool:
        return any(
            _copies(self._program, facts, tags)
            for word in sorted(words)
            for file in self._program.files_with(path, word)
            for facts in self._program.functions_with(file, word)
        )

    def family(self, tag: str, path: str) -> frozenset[str]:
        """The struct `tag` and those that contain it."""
        return self._family(tag, path)[0]

    def words(self, tag: str, path: str) -> set[str]:
        """Words of which each function that uses a struct `tag` contains one."""
        return self._family(tag, path)[1]

    def _family(self, tag: str, path: str) -> tuple[frozenset[str], set[str]]:
        tags, words = structs_around(self._program, tag, path)
        return tags, words | self._more

    def knowing(self, words: frozenset[str]) -> MayAlias:
        """The same answers where every struct may be accessed by `words`, too."""
        return MayAlias(self._program, self._objects, words)


def _copies(program: Program, facts: FunctionFacts, tags: frozenset[str]) -> bool:
    """Whether the function copies a whole struct of `tags`."""
    if facts.incomplete or any(
        (kind := facts.types.get(name)) is not None and kind.depth == 0 and kind.tag in tags
        for name in facts.parameters
    ):
        return True
    for flow in facts.flows:
        if flow.null or is_new(program, facts, flow.sources):
            continue
        kind = program.types.at(flow.target, facts)
        if kind is not None and kind.tag in tags and kind.depth == int(flow.through):
            return True
    for call in facts.calls:
        known = knowledge().lookup(call.name)
        if known is None or not (known.bytes.overwrites or known.swaps):
            continue
        for values in call.arguments:
            kinds = [program.types.at(v, facts) for v in values if isinstance(v, AccessPath)]
            if any(k is not None and k.tag in tags and k.depth < 2 for k in kinds):
                return True
    return False
