# SPDX-License-Identifier: GPL-2.0-only
"""Kernel trees that are only in memory, and the analysis on them without any process."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from unittest.mock import patch

from migrate.analysis.acquires.scan import scan
from migrate.analysis.gaps import GapKind
from migrate.analysis.ir.model import Call, FunctionFacts
from migrate.analysis.model import Pairing, PinGroup, Scan
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.tree import CODE_FILES, Tree

SKELETON = Path(__file__).resolve().parents[2] / "kernel-fixtures" / "shapes" / "skeleton"


class MemoryTree(Tree):
    """A tree without git: what it answers is what the files given to it say."""

    def with_files(self, texts: Mapping[str, bytes]) -> MemoryTree:
        return MemoryTree(self.root, self.commit, {**self._blobs, **texts})

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {p: b for p in paths if (b := self._blobs.get(p)) is not None}

    def read(self, path: str) -> bytes | None:
        return self._blobs.get(path)

    def grep_each(
        self, words: Sequence[str], pathspecs: Sequence[str] = CODE_FILES
    ) -> dict[str, list[str]]:
        texts = {p: t for p, t in self._blobs.items() if any(fnmatchcase(p, s) for s in pathspecs)}
        found = {}
        for word in words:
            pattern = re.compile(rb"\b" + re.escape(word.encode()) + rb"\b")
            found[word] = sorted(
                path for path, text in texts.items() if pattern.search(text or b"")
            )
        return found

    def lines_with(self, texts: Sequence[str], pathspecs: Sequence[str] = ("*.c", "*.h")) -> bytes:
        lines = [
            path.encode() + b"\0" + line + b"\n"
            for path, whole in self._blobs.items()
            if whole is not None and any(fnmatchcase(path, spec) for spec in pathspecs)
            for line in whole.split(b"\n")
            if any(text.encode() in line for text in texts)
        ]
        return b"".join(lines)

    def folder_id(self, path: str) -> str:
        inside = {n: b for n, b in self._blobs.items() if n.startswith(f"{path}/")}
        return sha256(repr(sorted(inside.items())).encode()).hexdigest() if inside else ""

    def forget(self, keeping: Callable[[str], bool]) -> None:
        """Nothing: there is nowhere to read it from again."""

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


class _Nothing:
    """A cache in which spatch found nothing in any file, so that it is never run."""

    def get(self, _key: str) -> str | None:
        return "[]"

    def put(self, _key: str, _value: str) -> None:
        return None


def scan_of(tree: Tree, names: Collection[str] = GUP_NAMES) -> Scan:
    """What the syntax trees find; spatch is not asked, and what it would miss is not listed."""
    with patch("migrate.analysis.acquires.spatch_finder.spatch_version", return_value=(1, 1, 1)):
        found = scan(tree, cache=_Nothing(), jobs=1, progress=lambda *_: None, names=names)
    return replace(
        found, unparsed=tuple(u for u in found.unparsed if u.kind is not GapKind.SPATCH_SKIPS)
    )


def pairing_of(files: Mapping[str, str | bytes], *, open_world: bool = False) -> Pairing:
    """The groups of `files` on top of the skeleton."""
    tree = tree_of(files)
    return pair(tree, scan_of(tree), program=Program(tree, open_world=open_world))


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
