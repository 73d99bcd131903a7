# SPDX-License-Identifier: GPL-2.0-only
"""Every acquire of a tree, by two finders that must agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from migrate.analysis.acquires.finder import Found, find_acquires
from migrate.analysis.acquires.helpers import RETURNED, find_helpers
from migrate.analysis.acquires.searches import Searches
from migrate.analysis.acquires.slices import sliced
from migrate.analysis.acquires.spatch_finder import Answer, SpatchFinder, Unit
from migrate.analysis.acquires.unread import crowded, named
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.lexical import any_word, in_code
from migrate.analysis.frontend.limits import MOST_ACQUIRES
from migrate.analysis.gaps import GapKind
from migrate.analysis.model import Acquire, Place, Scan, Unparsed
from migrate.analysis.program.program import Program
from migrate.base.progress import Progress
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import DIRECT_NAMES, GUP_NAMES, Signature, read_signatures
from migrate.kernel.tree import Tree

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/")

LISTED = (*DIRECT_NAMES, *knowledge().releases)
"""The functions whose calls acquire.cocci looks for, and more."""


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

    Calls that only tree-sitter sees are acquires, too; they are listed as unparsed besides.
    `names` are the functions to look for; an audit adds those that pin. What was parsed stays
    in `program` for who comes next.
    """
    program = program or Program(tree)
    program.finds.open(cache)
    progress("reading the headers of GUP", 0, 0)
    searches = Searches(tree, program.includes, cache)
    family = {n: s for n, s in read_signatures(tree).items() if n in names}
    with SpatchFinder([*family, *knowledge().releases], cache, jobs, progress) as spatch:
        progress("searching the tree for callers", 0, 0)
        paths = searches.naming(family)
        if jobs > 1 and searches.cold and not program.finds.are_warm:
            program.includes.prefetch()  # pairing will ask, and parsing is for one processor
        progress("parsing what calls GUP", 0, 0)
        first = _by_syntax(program, paths, family, family)
        asked = _units(program, first)
        spatch.ask(asked)
        progress("looking for helpers over GUP", 0, 0)
        helpers = _helpers(program, first, family)
        second = _by_syntax(program, searches.naming(helpers), helpers, family | helpers)
        more = [unit for unit in _units(program, second) if unit not in set(asked)]
        spatch.ask(more)
        by_spatch = spatch.answers()
    crowd = crowded([a for file in (first | second).values() for a in file.acquires])
    whole = {unit.path for unit in (*asked, *more) if not unit.helper}
    acquires: list[Acquire] = []
    unparsed: list[Unparsed] = []
    for path, found in (first | second).items():
        acquires.extend(found.acquires)
        if path in crowd:
            unparsed.append(named(path, crowd[path]))
            continue
        unparsed.extend(found.unparsed)
        if path in program.unread:
            continue
        if path not in whole:
            found = replace(found, releases=())  # spatch was asked for helpers only
        unparsed.extend(_differences(found, by_spatch.get(path, "")))
    version = ".".join(map(str, tree.version))
    ordered = sorted(unparsed, key=lambda u: (u.place, u.kind, u.named, u.detail))
    return Scan(tree.commit, version, tuple(sorted(acquires)), tuple(ordered))


def _by_syntax(
    program: Program,
    named: Iterable[str],
    wanted: Mapping[str, Signature],
    family: Mapping[str, Signature],
) -> dict[str, Found]:
    """What is found of `family` in the kernel's own files among `named` that name a function of
    `wanted`, comments and strings left out."""
    paths = [p for p in named if not p.startswith(_NOT_KERNEL)]
    pattern, texts = any_word(wanted), program.tree.read_many(paths)
    calling = [path for path, text in texts.items() if in_code(pattern, text)]
    sources = {path: program.source(path) for path in calling}
    return {p: find_acquires(source, family) for p, source in sources.items() if source is not None}


def _helpers(
    program: Program, found: Mapping[str, Found], family: Mapping[str, Signature]
) -> dict[str, Signature]:
    """The helpers over GUP that the tree defines; their calls are acquires, too."""
    positions = {
        n: s.pages_position if s.pages_position is not None else RETURNED for n, s in family.items()
    }
    paths = [p for p, file in found.items() if file.acquires]
    helpers = find_helpers(program, [*paths, "mm/gup.c"], positions)
    return {helper.name: signature for helper, signature in helpers}


def _units(program: Program, by_syntax: Mapping[str, Found]) -> list[Unit]:
    """What spatch is to look for: in a file, calls of GUP itself and of each helper."""
    units: dict[Unit, None] = {}
    for path, found in by_syntax.items():
        source = program.source(path)
        assert source is not None
        if source.unread or len(found.acquires) > MOST_ACQUIRES:
            continue
        called = dict.fromkeys(a.macro or a.name for a in found.acquires)
        helpers = [name for name in called if name not in DIRECT_NAMES]
        if found.unparsed or len(helpers) < len(called):
            units[Unit(path, "", sliced(source, LISTED))] = None
        for helper in helpers:
            units[Unit(path, helper, sliced(source, [helper]))] = None
    return list(units)


def _differences(found: Found, spatch: Answer) -> list[Unparsed]:
    """The acquires and releases of one file that spatch does not report."""
    if isinstance(spatch, str):
        whole = [(a.place, a.function) for a in found.acquires] + list(found.releases)
        return [unseen(place, function, spatch) for place, function in whole]
    ours = {a.place: a.function for a in found.acquires} | dict(found.releases)
    known = ours.keys() | {u.place for u in found.unparsed}
    known |= {a.inside for a in found.acquires if a.inside is not None}
    skipped = [unseen(place, ours[place]) for place in ours if place not in spatch]
    # Releases in the bodies of macros are found where the macro is used.
    releases = knowledge().releases
    more = sorted(p for p, name in spatch.items() if p not in known and name not in releases)
    return skipped + [Unparsed(p, "", GapKind.ONLY_SPATCH) for p in more]


def unseen(place: Place, function: str, said: str = "") -> Unparsed:
    """A call that spatch does not report, and what it says of that."""
    kind = GapKind.SPATCH_FAILS if said else GapKind.SPATCH_SKIPS
    return Unparsed(place, function, kind, detail=said)
