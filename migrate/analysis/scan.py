# SPDX-License-Identifier: GPL-2.0-only
"""Every acquire of a tree, by two finders that must agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from migrate.analysis.finder import Found, find_acquires
from migrate.analysis.model import Acquire, Place, Scan, Unparsed
from migrate.analysis.spatch import Patched, run_spatch, spatch_version
from migrate.analysis.syntax import parse
from migrate.base.data import data_folder
from migrate.kernel.signatures import GUP_NAMES, Signature, read_signatures
from migrate.kernel.tree import Tree

Progress = Callable[[str, int, int], None]

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/")
_MARK = "gup-migrate: "
_TIME_LIMIT = 60.0
"""Seconds for one file; the slowest of a kernel takes about 3."""

SKIPPED = "spatch does not parse this function"


class FactCache(Protocol):
    """Results by a key that names everything they depend on."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


def scan(tree: Tree, *, cache: FactCache, jobs: int, progress: Progress) -> Scan:
    """Every acquire of the commit exactly once, and every place where the finders differ.

    Calls that only tree-sitter sees are acquires, too; they are listed as unparsed besides.
    """
    family = {n: s for n, s in read_signatures(tree).items() if n in GUP_NAMES}
    contents = tree.read_many(candidates(tree, family))
    by_syntax = {p: find_acquires(parse(p, text), family) for p, text in contents.items()}
    wanted = {p: contents[p] for p, found in by_syntax.items() if found.acquires}
    by_spatch = _run_all(wanted, cache, jobs, progress)
    acquires: list[Acquire] = []
    unparsed: list[Unparsed] = []
    for path, found in by_syntax.items():
        acquires.extend(found.acquires)
        unparsed.extend(found.unparsed)
        unparsed.extend(_differences(found, by_spatch.get(path, "")))
    version = ".".join(map(str, tree.version))
    ordered = sorted(unparsed, key=lambda u: (u.place, u.why))
    return Scan(tree.commit, version, tuple(sorted(acquires)), tuple(ordered))


def candidates(tree: Tree, family: Mapping[str, Signature]) -> list[str]:
    """The kernel's own C files that name a function of `family`."""
    return [p for p in tree.grep(tuple(family)) if not p.startswith(_NOT_KERNEL)]


def _run_all(
    contents: Mapping[str, bytes], cache: FactCache, jobs: int, progress: Progress
) -> dict[str, frozenset[Place] | str]:
    """What spatch finds in each file; text says why there is nothing."""
    rule = data_folder("cocci") / "facts" / "acquire.cocci"
    basis = rule.read_bytes() + repr(spatch_version()).encode()
    done = 0

    def one(path: str) -> tuple[str, frozenset[Place] | str]:
        nonlocal done
        key = hashlib.sha256(basis + b"\0" + contents[path]).hexdigest()
        stored = cache.get(key)
        found = _decoded(stored, path) if stored is not None else None
        if found is None:
            outcome = run_spatch(
                rule, {path: contents[path]}, virtuals=["report"], timeout=_TIME_LIMIT
            )
            if not isinstance(outcome, Patched):
                return path, outcome.reason
            found = _places(outcome.output, path)
            cache.put(key, json.dumps(sorted((p.line, p.column) for p in found)))
        done += 1
        progress("scanning", done, len(contents))
        return path, found

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        return dict(pool.map(one, contents))


def _decoded(stored: str, path: str) -> frozenset[Place] | None:
    try:
        return frozenset(Place(path, int(line), int(column)) for line, column in json.loads(stored))
    except (ValueError, TypeError):
        return None


def _places(output: str, path: str) -> frozenset[Place]:
    places = set()
    for line in output.splitlines():
        words = line.removeprefix(_MARK).split()
        if line.startswith(_MARK) and len(words) == 3 and words[0].isdigit():
            places.add(Place(path, int(words[0]), int(words[1])))
    return frozenset(places)


def _differences(found: Found, spatch: frozenset[Place] | str) -> list[Unparsed]:
    """The acquires of one file that spatch does not report."""
    if isinstance(spatch, str):
        return [Unparsed(a.place, a.function, spatch or SKIPPED) for a in found.acquires]
    return [Unparsed(a.place, a.function, SKIPPED) for a in found.acquires if a.place not in spatch]
