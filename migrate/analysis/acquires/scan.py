# SPDX-License-Identifier: GPL-2.0-only
"""Finds every acquire of a tree, with two finders that must agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from migrate.analysis.acquires.file_finds import FileFinds, Finder
from migrate.analysis.acquires.finder import Found
from migrate.analysis.acquires.helpers import RETURNED, HelperFinder
from migrate.analysis.acquires.searches import Searches
from migrate.analysis.acquires.spatch_finder import Answer, SpatchFinder, Unit
from migrate.analysis.acquires.unread import crowded, named
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Acquire, Place, Scan, Unparsed
from migrate.analysis.program.program import Program
from migrate.base.progress import Progress
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import GUP_NAMES, Signature, read_signatures
from migrate.kernel.tree import Tree

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/")


def scan(
    tree: Tree,
    *,
    cache: FactCache,
    jobs: int,
    progress: Progress,
    names: Collection[str] = GUP_NAMES,
    program: Program | None = None,
) -> Scan:
    """Every acquire of the commit exactly once, and every place where the finders differ.

    Calls that only tree-sitter sees are acquires, too, and are also listed as unparsed. `names` are
    the functions to look for; an audit adds those that pin. What was parsed stays in `program` for
    the next stage.
    """
    program = program or Program(tree)
    program.finds.open(cache)
    progress("reading the headers of GUP", 0, 0)
    searches = Searches(tree, program.includes, cache)
    family = {n: s for n, s in read_signatures(tree).items() if n in names}
    finder = Finder(program, cache)
    with SpatchFinder([*family, *knowledge().releases], cache, jobs, progress) as spatch:
        progress("searching the tree for callers", 0, 0)
        paths = searches.naming(family)
        if jobs > 1 and searches.cold and not program.finds.are_warm:
            program.includes.prefetch()  # pairing needs it; parsing uses one processor
        progress("parsing what calls GUP", 0, 0)
        first = finder.all(_of_kernel(paths), family, family)
        asked = _units(first)
        spatch.ask(asked, finder.slices.text)
        progress("looking for helpers over GUP", 0, 0)
        helpers = _helpers(HelperFinder(program, cache), first, family)
        calling = searches.naming(helpers)
        second = finder.all(_of_kernel(calling), helpers, family | helpers)
        more = [unit for unit in _units(second) if unit not in set(asked)]
        spatch.ask(more, finder.slices.text)
        by_spatch = spatch.answers()
    every = {path: finds.found for path, finds in (first | second).items()}
    crowd = crowded([a for found in every.values() for a in found.acquires])
    whole = {unit.path for unit in (*asked, *more) if not unit.helper}
    acquires: list[Acquire] = []
    unparsed: list[Unparsed] = []
    for path, found in every.items():
        acquires.extend(found.acquires)
        if path in crowd:
            unparsed.append(named(path, crowd[path]))
            continue
        unparsed.extend(found.unparsed)
        if path in program.unread:
            continue
        if path not in whole:
            found = replace(found, releases=())  # spatch only looked for helpers there
        unparsed.extend(_differences(found, by_spatch.get(path, "")))
    version = ".".join(map(str, tree.version))
    ordered = sorted(unparsed, key=lambda u: (u.place, u.kind, u.named, u.detail))
    return Scan(tree.commit, version, tuple(sorted(acquires)), tuple(ordered))


def _of_kernel(paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if not path.startswith(_NOT_KERNEL))


def _helpers(
    finder: HelperFinder, files: Mapping[str, FileFinds], family: Mapping[str, Signature]
) -> dict[str, Signature]:
    """The helpers over GUP that the tree defines; calls of them are acquires, too."""
    positions = {
        n: s.pages_position if s.pages_position is not None else RETURNED for n, s in family.items()
    }
    paths = [p for p, finds in files.items() if finds.found.acquires]
    found = finder.find([*paths, "mm/gup.c"], positions)
    return {helper.name: signature for helper, signature in found}


def _units(files: Mapping[str, FileFinds]) -> list[Unit]:
    """The units for spatch."""
    return list(dict.fromkeys(unit for finds in files.values() for unit in finds.units))


def _differences(found: Found, spatch: Answer) -> list[Unparsed]:
    """The acquires and releases of one file that spatch does not report."""
    if isinstance(spatch, str):
        whole = [(a.place, a.function) for a in found.acquires] + list(found.releases)
        return [unseen(place, function, spatch) for place, function in whole]
    ours = {a.place: a.function for a in found.acquires} | dict(found.releases)
    known = ours.keys() | {u.place for u in found.unparsed}
    known |= {a.inside for a in found.acquires if a.inside is not None}
    skipped = [unseen(place, ours[place]) for place in ours if place not in spatch]
    # A release in the body of a macro is found where the macro is used.
    releases = knowledge().releases
    more = sorted(p for p, name in spatch.items() if p not in known and name not in releases)
    return skipped + [Unparsed(p, "", GapKind.ONLY_SPATCH) for p in more]


def unseen(place: Place, function: str, said: str = "") -> Unparsed:
    """A call that spatch does not report, with its message, if any."""
    kind = GapKind.SPATCH_FAILS if said else GapKind.SPATCH_SKIPS
    return Unparsed(place, function, kind, detail=said)
