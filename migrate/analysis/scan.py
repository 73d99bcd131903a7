# SPDX-License-Identifier: GPL-2.0-only
"""Every acquire of a tree, by two finders that must agree."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from migrate.analysis.finder import Found, find_acquires
from migrate.analysis.helpers import RETURNED, find_helpers
from migrate.analysis.knowledge import knowledge
from migrate.analysis.model import Acquire, Place, Scan, Unparsed
from migrate.analysis.program import Program
from migrate.analysis.spatch import Patched, run_spatch, spatch_version
from migrate.analysis.syntax import parse
from migrate.base.data import data_folder
from migrate.kernel.signatures import DIRECT_NAMES, GUP_NAMES, Signature, read_signatures
from migrate.kernel.tree import Tree

Progress = Callable[[str, int, int], None]

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/")
_MARK = "gup-migrate: "
_TIME_LIMIT = 60.0
"""Seconds for one file; the slowest of a kernel takes about 3."""

SKIPPED = "spatch does not parse this function"


ONLY_SPATCH = "only spatch sees a call here"


class FactCache(Protocol):
    """Results by a key that names everything they depend on."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


def scan(
    tree: Tree,
    *,
    cache: FactCache,
    jobs: int,
    progress: Progress,
    names: Collection[str] = GUP_NAMES,
) -> Scan:
    """Every acquire of the commit exactly once, and every place where the finders differ.

    Calls that only tree-sitter sees are acquires, too; they are listed as unparsed besides.
    `names` are the functions to look for; an audit adds those that pin.
    """
    family = {n: s for n, s in read_signatures(tree).items() if n in names}
    contents = tree.read_many(candidates(tree, family))
    by_syntax = {p: find_acquires(parse(p, text), family) for p, text in contents.items()}
    helpers = _helpers(tree, by_syntax, family)
    for path, text in tree.read_many(candidates(tree, helpers)).items():
        contents[path] = text
        by_syntax[path] = find_acquires(parse(path, text), family | helpers)
    units = _units(by_syntax)
    wanted = frozenset({*family, *helpers, *knowledge().releases})
    by_spatch = _run_all(contents, units, wanted, cache, jobs, progress)
    acquires: list[Acquire] = []
    unparsed: list[Unparsed] = []
    for path, found in by_syntax.items():
        acquires.extend(found.acquires)
        unparsed.extend(found.unparsed)
        if (path, "") not in units:
            found = replace(found, releases=())  # spatch was asked for helpers only
        unparsed.extend(_differences(found, by_spatch.get(path, ""), contents[path]))
    version = ".".join(map(str, tree.version))
    ordered = sorted(unparsed, key=lambda u: (u.place, u.why))
    return Scan(tree.commit, version, tuple(sorted(acquires)), tuple(ordered))


def _helpers(
    tree: Tree, found: Mapping[str, Found], family: Mapping[str, Signature]
) -> dict[str, Signature]:
    """The helpers over GUP that the tree defines; their calls are acquires, too."""
    positions = {
        n: s.pages_position if s.pages_position is not None else RETURNED for n, s in family.items()
    }
    paths = [p for p, file in found.items() if file.acquires]
    helpers = find_helpers(Program(tree), [*paths, "mm/gup.c"], positions)
    return {helper.name: signature for helper, signature in helpers}


def candidates(tree: Tree, family: Mapping[str, Signature]) -> list[str]:
    """The kernel's own C files that name a function of `family`."""
    return [p for p in tree.grep(tuple(family)) if not p.startswith(_NOT_KERNEL)]


def _units(by_syntax: Mapping[str, Found]) -> list[tuple[str, str]]:
    """What spatch is to look for: a file, with a helper's name or "" for GUP itself."""
    units: dict[tuple[str, str], None] = {}
    for path, found in by_syntax.items():
        if found.unparsed:
            units[path, ""] = None
        for acquire in found.acquires:
            units[path, "" if acquire.name in DIRECT_NAMES else acquire.name] = None
    return list(units)


def _run_all(
    contents: Mapping[str, bytes],
    units: list[tuple[str, str]],
    names: frozenset[str],
    cache: FactCache,
    jobs: int,
    progress: Progress,
) -> dict[str, frozenset[Place] | str]:
    """What spatch finds in each file; text says why there is nothing."""
    folder = data_folder("cocci") / "facts"
    version = repr(spatch_version())
    done = 0

    def one(unit: tuple[str, str]) -> frozenset[Place] | str:
        nonlocal done
        path, helper = unit
        rule = folder / ("helper.cocci" if helper else "acquire.cocci")
        basis = (version, rule.read_text("utf-8"), helper, *sorted(names))
        key = _key(basis, contents[path])
        stored = cache.get(key)
        found = _decoded(stored, path) if stored is not None else None
        if found is None:
            outcome = run_spatch(
                rule,
                {path: contents[path]},
                defines={"fn": helper} if helper else {},
                virtuals=["report"],
                timeout=_TIME_LIMIT,
            )
            if not isinstance(outcome, Patched):
                return outcome.reason
            found = _places(outcome.output, path, names)
            cache.put(key, json.dumps(sorted((p.line, p.column) for p in found)))
        done += 1
        progress("scanning", done, len(units))
        return found

    merged: dict[str, frozenset[Place] | str] = {}
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for (path, _), found in zip(units, pool.map(one, units), strict=True):
            before = merged.get(path, frozenset())
            if isinstance(found, str) or isinstance(before, str):
                merged[path] = found if isinstance(found, str) else before
            else:
                merged[path] = before | found
    return merged


def _key(basis: tuple[str, ...], contents: bytes) -> str:
    return hashlib.sha256("\0".join(basis).encode() + b"\0" + contents).hexdigest()


def _decoded(stored: str, path: str) -> frozenset[Place] | None:
    try:
        return frozenset(Place(path, int(line), int(column)) for line, column in json.loads(stored))
    except (ValueError, TypeError):
        return None


def _places(output: str, path: str, names: frozenset[str]) -> frozenset[Place]:
    places = set()
    for line in output.splitlines():
        words = line.removeprefix(_MARK).split()
        if line.startswith(_MARK) and len(words) == 3 and words[2] in names:
            places.add(Place(path, int(words[0]), int(words[1])))
    return frozenset(places)


def _differences(found: Found, spatch: frozenset[Place] | str, text: bytes) -> list[Unparsed]:
    """The acquires and releases of one file that spatch does not report."""
    if isinstance(spatch, str):
        whole = [(a.place, a.function) for a in found.acquires] + list(found.releases)
        return [Unparsed(place, function, spatch or SKIPPED) for place, function in whole]
    ours = {a.place: a.function for a in found.acquires} | dict(found.releases)
    known = ours.keys() | {u.place for u in found.unparsed}
    skipped = [Unparsed(place, ours[place], SKIPPED) for place in ours if place not in spatch]
    more = sorted(p for p in spatch - known if not _is_release(p, text))
    return skipped + [Unparsed(p, "", ONLY_SPATCH) for p in more]


def _is_release(place: Place, text: bytes) -> bool:
    """Releases in the bodies of macros are found where the macro is used."""
    line = text.splitlines()[place.line - 1][place.column :]
    return any(re.match(rb"%b\b" % name.encode(), line) for name in knowledge().releases)
