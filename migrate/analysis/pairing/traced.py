# SPDX-License-Identifier: GPL-2.0-only
"""A group with what it depends on: folders, and words that the whole tree was searched for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.model import PinGroup
from migrate.analysis.pairing.external_uses import EntryPoint
from migrate.analysis.program.functions import file_of
from migrate.analysis.program.location import (
    AbstractLocation,
    CallResult,
    Global,
    Local,
    Untyped,
)
from migrate.analysis.program.trace import Trace


@dataclass(frozen=True)
class Traced:
    """A group, the names by which code elsewhere could reach its pages, and the folders whose files
    it depends on. If "" is among the folders, the whole tree was searched for `words` and for
    #includes."""

    group: PinGroup
    openings: tuple[EntryPoint, ...]
    folders: tuple[str, ...]
    words: tuple[str, ...] = ()


def with_dependencies(traced: Traced, folders: tuple[str, ...], words: tuple[str, ...]) -> Traced:
    """Add to a group for which the whole tree was searched the folders and words of these
    searches."""
    if "" not in traced.folders:
        return traced
    return replace(traced, folders=tuple(sorted({*traced.folders, *folders})), words=words)


def folders_of(corpus: Corpus, trace: Trace, visited: set[str], wide: bool) -> tuple[str, ...]:
    """The folders that the result depends on, as the corpus names them."""
    paths = {_seen_from(state.cell) for state in trace.states} - {""}
    paths |= set(trace.origins.values()) | visited
    arches = {"/".join(p.split("/")[:2]) for p in paths if p.startswith("arch/")}
    always = {"include", "arch/x86/include", *(f"{arch}/include" for arch in arches)}
    everything = {""} if wide or trace.wide else set()
    return tuple(sorted({corpus.scope_folder(p) for p in paths} | always | everything))


def _seen_from(cell: AbstractLocation) -> str:
    """A file that sees `cell`, or a folder, with a slash at its end; "" for a member, whose file is
    in the origins."""
    if isinstance(cell, Local | CallResult):
        return file_of(cell.function.path)
    if isinstance(cell, Global):
        return f"{cell.folder}/"
    return file_of(cell.path) if isinstance(cell, Untyped) else ""
