# SPDX-License-Identifier: GPL-2.0-only
"""Pin groups: which releases belong to which acquires, over functions and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from migrate.analysis.acquires.searches import Searches
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.model import Acquire, Pairing, PinGroup, Place, Scan
from migrate.analysis.pairing.external_uses import seen_outside
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.shares import Beside, make_groups
from migrate.analysis.pairing.stored import StoredGroups
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from migrate.kernel.kept_finds import FactCache
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree

Progress = Callable[[str, int, int], None]


def pair(
    tree: Tree,
    scan: Scan,
    *,
    cache: FactCache | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    program: Program | None = None,
    beside: Beside | None = None,
) -> Pairing:
    """The pin groups of the acquires in `scan`; each acquire is in exactly one of them.

    `jobs` counts processes; see :mod:`migrate.base.programs.workers`.

    A group in `cache` is used if every folder that it depends on is unchanged; see
    :mod:`migrate.analysis.pairing.stored`. `program` has what was parsed for `scan`; of what is
    parsed here, only headers for the whole kernel stay in it. `beside` sees the new groups before
    those that share a release are merged; if it only asks whether a group has gaps, not all of them
    are looked for.
    """
    program = program or Program(tree)
    program.finds.open(cache)
    stated = program.contracts.stated
    brief = beside is not None and beside.brief and not stated  # a contract may answer any gap
    grouper = Grouper(program, scan.acquires, brief=brief)
    world = program.open_world
    stored = StoredGroups(program.corpus, scan, cache, stated, open_world=world, brief=brief)
    # The pages of a helper's caller are in the helper's group, or need no conversion.
    ordered = sorted(scan.acquires, key=lambda a: a.name not in DIRECT_NAMES)
    told = _Told(progress, len(ordered))
    told.phase("reading headers")
    # Only the acquires of these are known; they are one group.
    left_out = {u.place.path for u in scan.unparsed if u.kind is GapKind.FILE_NOT_ANALYSED}
    kept = {a.place for a in ordered if a.place.path not in left_out}
    asked = [a for a in ordered if a.place in kept]
    known = {a.place: found for a in asked if (found := stored.get(a)) is not None}
    found_with = {a.place for t in known.values() for a in t.group.acquires}
    fresh = [a for a in ordered if a.place not in found_with]
    made = make_groups(grouper, fresh, jobs, told.more, beside)
    traced: list[Traced] = []
    done: set[Place] = set()
    for acquire in ordered:
        if acquire.place in done:
            continue
        found = known.get(acquire.place)
        if found is None:
            found = made.get(acquire.place) or grouper.groups([acquire])[acquire.place]
            if acquire.place in kept:
                stored.put(acquire, found)
        told.one()
        done.update(a.place for a in found.group.acquires)
        traced.append(found)
    told.phase("searching for who else sees the pages")
    searches = Searches(tree, program.includes, cache)
    outside = seen_outside(program, [(t.group, t.openings) for t in traced], searches)
    for number, before in enumerate(traced):
        first = before.group.acquires[0]
        if first.place in found_with and _is_shared(outside.get(first.place, ())):
            made_anew = grouper.groups([first])[first.place]
            stored.put(first, made_anew)
            del outside[first.place]
            seen = seen_outside(program, [(made_anew.group, made_anew.openings)], searches)
            outside, traced[number] = outside | seen, made_anew
    skipped = {u.place: u.gap for u in scan.unparsed}
    program.finds.save()
    groups = [_noted(t.group, skipped, outside) for t in traced]
    return Pairing(scan.commit, tuple(_named(_merged(groups))))


def _is_shared(gaps: Iterable[Gap]) -> bool:
    """Whether a header that was private when a stored group was made is now included from outside:
    then the group is made again, with all files that see it."""
    return any(gap.kind is GapKind.HEADER_INCLUDED_OUTSIDE for gap in gaps)


@dataclass
class _Told:
    """Counts the acquires that are done, out of `total`."""

    progress: Progress | None
    total: int
    done: int = 0

    def phase(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, 0, 0)

    def more(self, acquires: Sequence[Acquire]) -> None:
        for _ in acquires:
            self.one()

    def one(self) -> None:
        if self.progress is not None and self.done < self.total:
            self.progress("acquires followed", self.done, self.total)
            self.done += 1


def _noted(
    group: PinGroup, skipped: Mapping[Place, Gap], outside: Mapping[Place, tuple[Gap, ...]]
) -> PinGroup:
    """Add to the gaps what a finder could not parse, and the code outside that may access the
    pages.

    What was not parsed comes first: it is the reason of the verdict, and may have caused the other
    gaps.
    """
    places = [a.place for a in group.acquires] + [r.place for r in group.releases]
    first = [skipped[place] for place in places if place in skipped]
    last = outside.get(group.acquires[0].place, ())
    return replace(group, gaps=(*first, *group.gaps, *last))


def _merged(groups: list[PinGroup]) -> list[PinGroup]:
    """Merge groups that share a release."""
    merged: dict[int, PinGroup] = {}
    holder: dict[Place, int] = {}
    for number, group in enumerate(groups):
        tied = sorted({holder[p] for p in _places(group) if p in holder})
        shared = [a for a in group.acquires if a.inside is not None and a.inside in holder]
        if shared:
            # A macro with the acquire of several groups has to be split by a person.
            gaps = [Gap(GapKind.NAME_IN_MACRO, a.inside, function=a.name) for a in shared]
            group = replace(group, gaps=tuple(dict.fromkeys((*group.gaps, *gaps))))
        merged[number] = reduce(union, (*(merged.pop(n) for n in tied), group))
        holder |= dict.fromkeys(_places(merged[number]), number)
    return list(merged.values())


def _places(group: PinGroup) -> set[Place]:
    inside = {a.inside for a in group.acquires if a.inside is not None}
    return {r.place for r in group.releases} | {a.place for a in group.acquires} | inside


def union(one: PinGroup, two: PinGroup) -> PinGroup:
    """Both as one group, with the name of the first."""
    return PinGroup(
        one.name,
        tuple(sorted({*one.acquires, *two.acquires})),
        tuple(sorted({*one.releases, *two.releases})),
        tuple(sorted({*one.uses, *two.uses}, key=lambda u: (u.place, u.kind.name))),
        tuple(dict.fromkeys((*one.edges, *two.edges))),
        tuple(dict.fromkeys((*one.gaps, *two.gaps))),
        tuple(dict.fromkeys((*one.traits, *two.traits))),
        tuple(sorted({*one.structs, *two.structs})),
        () if one.no_follow or two.no_follow else tuple(sorted({*one.follows, *two.follows})),
        one.no_follow or two.no_follow,
        tuple(dict.fromkeys((*one.contracts, *two.contracts))),
    )


def _named(groups: list[PinGroup]) -> list[PinGroup]:
    """Give every group its stable name: path, function, and a number if these are not unique."""
    taken: dict[str, int] = {}
    named = []
    for group in sorted(groups, key=lambda g: g.acquires[0].place):
        first = group.acquires[0]
        base = f"{first.place.path}:{first.function or 'file scope'}"
        taken[base] = taken.get(base, 0) + 1
        name = base if taken[base] == 1 else f"{base}:{taken[base]}"
        named.append(replace(group, name=name))
    return named
