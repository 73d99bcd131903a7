# SPDX-License-Identifier: GPL-2.0-only
"""What the finder sees in single files, kept between runs.

This depends only on the text of a file and on the names that are looked for, and so does the slice
of it that spatch gets. So after a first scan of a tree, only files that have changed are parsed for
a scan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrate.analysis.acquires.finder import Found, find_acquires
from migrate.analysis.acquires.slices import sliced
from migrate.analysis.acquires.spatch_finder import Unit
from migrate.analysis.code_id import code_id
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.limits import MOST_ACQUIRES
from migrate.analysis.frontend.syntax import Source
from migrate.analysis.frontend.text.lexical import any_word, in_code
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.program.program import Program
from migrate.base import codec
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import DIRECT_NAMES, Signature

LISTED = (*DIRECT_NAMES, *knowledge().releases)
"""The functions whose calls acquire.cocci looks for, and the releases."""


@dataclass(frozen=True)
class FileFinds:
    """What tree-sitter sees in a file, and the units for spatch: for GUP itself and for each
    helper."""

    found: Found
    units: tuple[Unit, ...] = ()


class Slices:
    """The slices of files of one tree that spatch gets."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._made: dict[Unit, bytes] = {}

    def unit(self, source: Source, helper: str) -> Unit:
        """The unit for a file; its slice is kept until :meth:`text` returns it."""
        text = _slice(source, helper)
        unit = Unit(source.path, helper, hashlib.sha256(text).hexdigest())
        self._made[unit] = text
        return unit

    def text(self, unit: Unit) -> bytes:
        """The slice for a unit."""
        made = self._made.pop(unit, None)
        if made is not None:
            return made
        source = self._program.source(unit.path)
        return _slice(source, unit.helper) if source is not None else b""


def _slice(source: Source, helper: str) -> bytes:
    return sliced(source, [helper] if helper else LISTED)


class Finder:
    """Looks for calls in the files of one tree; `cache` has earlier results."""

    def __init__(self, program: Program, cache: FactCache) -> None:
        self.slices = Slices(program)
        self._program, self._cache = program, cache

    def all(
        self, paths: Iterable[str], wanted: Iterable[str], family: Mapping[str, Signature]
    ) -> dict[str, FileFinds]:
        """The calls of `family` in those files that name one of `wanted` outside of comments and
        strings."""
        names = sorted(wanted)
        texts = self._program.tree.read_many(paths)
        every = ((path, self._one(path, text, names, family)) for path, text in texts.items())
        return {path: finds for path, finds in every if finds is not None}

    def _one(
        self, path: str, text: bytes, wanted: list[str], family: Mapping[str, Signature]
    ) -> FileFinds | None:
        key = _key(path, text, wanted, family, self._program.release)
        known = _decoded(self._cache.get(key))
        if known is not None:
            return known.finds
        called = in_code(any_word(wanted), text)
        source = self._program.source(path) if called else None
        finds = self._finds(source, family) if source is not None else None
        if source is None or not source.unread:  # later readers of the result need it
            self._cache.put(key, json.dumps(codec.to_data(_Row(finds))))
        return finds

    def _finds(self, source: Source, family: Mapping[str, Signature]) -> FileFinds:
        finds = FileFinds(find_acquires(source, family))
        return replace(finds, units=self._units(source, finds.found))

    def _units(self, source: Source, found: Found) -> tuple[Unit, ...]:
        if source.unread or len(found.acquires) > MOST_ACQUIRES:
            return ()
        called = dict.fromkeys(a.macro or a.name for a in found.acquires)
        helpers = [name for name in called if name not in DIRECT_NAMES]
        whole = [""] if found.unparsed or len(helpers) < len(called) else []
        return tuple(self.slices.unit(source, helper) for helper in (*whole, *helpers))


@dataclass(frozen=True)
class _Row:
    """The stored result for a file; empty if its code names none of the functions."""

    finds: FileFinds | None


def _key(
    path: str,
    text: bytes,
    wanted: list[str],
    family: Mapping[str, Signature],
    release: Release,
) -> str:
    """The cache key, with the names that the text may contain, and the version and names of
    distributions if the text asks for them."""
    asked = [name for name in wanted if name.encode() in text]
    asked += map(str, release.version if b"LINUX_VERSION_CODE" in text else ())
    asked += sorted(name for name in release.absent if name.encode() in text)
    roles = {n: [p.name for p in s.parameters] for n, s in family.items() if n.encode() in text}
    basis = json.dumps([code_id(), path, asked, roles], sort_keys=True)
    return "file " + hashlib.sha256(basis.encode("utf-8", "surrogateescape") + text).hexdigest()


def _decoded(stored: str | None) -> _Row | None:
    try:
        return codec.from_data(json.loads(stored), _Row) if stored is not None else None
    except ValueError:
        return None
