# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the converted functions were executed."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.analysis.frontend.syntax import Function, Source, parse
from migrate.analysis.model import PinGroup
from migrate.delivery.proof.model import FunctionLines
from migrate.delivery.proof.seen.blocks import Block
from migrate.delivery.proof.seen.places import Places
from migrate.kernel.tree import Tree


class Covered:
    """The lines of `blocks` in `base`, the tree before the conversion."""

    def __init__(self, blocks: Iterable[Block], places: Places, base: Tree) -> None:
        self._base = base
        self._ran: dict[str, dict[int, bool]] = {}
        self._sources: dict[str, Source] = {}
        for block in blocks:
            at = places.line_of(block.at)
            lines = self._ran.setdefault(at.path, {})
            lines[at.line] = lines.get(at.line, False) or block.ran

    def of(self, group: PinGroup) -> tuple[FunctionLines, ...]:
        """Each function of `group` that acquires or releases, if it was built."""
        sites = [(a.place.path, a.function) for a in group.acquires]
        sites += [(r.place.path, r.function) for r in group.releases]
        found = []
        for path, name in dict.fromkeys(sites):
            ran: dict[int, bool] = {}
            for first, last in self._extents(path, name):
                lines = self._ran.get(path, {})
                ran |= {n: did for n, did in lines.items() if first <= n <= last}
            if ran:
                missed = tuple(sorted(n for n, did in ran.items() if not did))
                found.append(FunctionLines(path, name, len(ran), missed))
        return tuple(found)

    def _extents(self, path: str, name: str) -> list[tuple[int, int]]:
        """The first and the last line of each function `name` in `path`."""
        if path not in self._ran:
            return []
        if path not in self._sources:
            self._sources[path] = parse(path, self._base.read(path) or b"")
        source = self._sources[path]
        return [_extent(source, f) for f in source.by_name.get(name, ())]


def _extent(source: Source, function: Function) -> tuple[int, int]:
    return source.place_at(function.start).line, source.place_at(function.end - 1).line
