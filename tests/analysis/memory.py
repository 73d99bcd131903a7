# SPDX-License-Identifier: GPL-2.0-only
"""Kernel trees that are only in memory, and the analysis on them without any process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from textwrap import dedent

from migrate.analysis.facts import Call, FunctionFacts
from migrate.analysis.finder import find_acquires
from migrate.analysis.model import Pairing, PinGroup, Scan
from migrate.analysis.pair import pair
from migrate.analysis.program import Program
from migrate.analysis.scan import candidates
from migrate.analysis.syntax import parse
from migrate.kernel.signatures import GUP_NAMES, read_signatures
from migrate.kernel.tree import Tree

SKELETON = Path(__file__).resolve().parents[2] / "kernel-fixtures" / "shapes" / "skeleton"


class MemoryTree(Tree):
    """A tree without git: what it answers is what the files given to it say."""

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {p: b for p in paths if (b := self._blobs.get(p)) is not None}

    def read(self, path: str) -> bytes | None:
        return self._blobs.get(path)

    def grep(self, words: Sequence[str], pathspecs: Sequence[str] = ("*.c", "*.h")) -> list[str]:
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(w.encode()) for w in words) + rb")\b")
        return sorted(
            path
            for path, text in self._blobs.items()
            if any(fnmatchcase(path, spec) for spec in pathspecs)
            and text is not None
            and words
            and pattern.search(text)
        )

    @cached_property
    def files(self) -> tuple[str, ...]:
        return tuple(sorted(self._blobs))


def tree_of(files: Mapping[str, str | bytes], *, skeleton: bool = True) -> MemoryTree:
    """A tree of `files`, path to contents, on top of the headers that all shapes share."""
    blobs: dict[str, bytes | None] = {}
    if skeleton:
        for path in SKELETON.rglob("*"):
            if path.is_file():
                blobs[str(path.relative_to(SKELETON))] = path.read_bytes()
    for name, text in files.items():
        blobs[name] = text if isinstance(text, bytes) else dedent(text).encode()
    return MemoryTree(Path("/nowhere"), "0" * 40, blobs)


def scan_of(tree: Tree) -> Scan:
    """What the syntax trees find; spatch is not asked."""
    family = {n: s for n, s in read_signatures(tree).items() if n in GUP_NAMES}
    contents = tree.read_many(candidates(tree, family))
    found = [find_acquires(parse(path, text), family) for path, text in contents.items()]
    acquires = sorted(a for f in found for a in f.acquires)
    return Scan(tree.commit, "6.1.0", tuple(acquires), tuple(u for f in found for u in f.unparsed))


def pairing_of(files: Mapping[str, str | bytes]) -> Pairing:
    """The groups of `files` on top of the skeleton."""
    tree = tree_of(files)
    return pair(tree, scan_of(tree))


def only_group(text: str, path: str = "drivers/demo/demo.c") -> PinGroup:
    """The one group of a single file; its includes are written by the caller or left out."""
    (group,) = pairing_of({path: text}).groups
    return group


def lines_of(group: PinGroup) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The source lines of the acquires and of the releases, for comparisons without places."""
    return tuple(a.text for a in group.acquires), tuple(r.text for r in group.releases)


def program_of(files: Mapping[str, str | bytes]) -> Program:
    """The program of `files` on top of the skeleton."""
    return Program(tree_of(files))


def facts_of(text: str, name: str = "", path: str = "drivers/demo/demo.c") -> FunctionFacts:
    """The facts of function `name` of one file, or of its last function."""
    program = program_of({path: text})
    source = program.source(path)
    assert source is not None
    wanted = [f for f in source.functions if not name or f.name == name]
    return program.facts(wanted[-1])


def call_of(facts: FunctionFacts, name: str) -> Call:
    """The one call of `name`."""
    (call,) = [c for c in facts.calls if c.name == name]
    return call
