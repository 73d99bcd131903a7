# SPDX-License-Identifier: GPL-2.0-only
"""The order of groups, and the groups that edit the same files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migrate.analysis.model import PinGroup


def subsystem_of_group(group: PinGroup, subsystem_of: Callable[[str], str]) -> str:
    """The subsystem of the file with the group's first acquire."""
    first = group.acquires[0].place.path if group.acquires else group.paths[0]
    return subsystem_of(first)


def order_groups(
    groups: Sequence[PinGroup], subsystem_of: Callable[[str], str]
) -> tuple[PinGroup, ...]:
    """By subsystem, then path and place of the first acquire: the order of commits."""

    def key(group: PinGroup) -> tuple[object, ...]:
        first = min([a.place for a in group.acquires] or [r.place for r in group.releases])
        return subsystem_of_group(group, subsystem_of), first, group.name

    return tuple(sorted(groups, key=key))


def independent(groups: Sequence[PinGroup]) -> tuple[tuple[PinGroup, ...], ...]:
    """`groups` in bundles that share no file, each in the given order."""
    bundle_of: dict[str, int] = {}
    bundles: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        met = sorted({bundle_of[path] for path in group.paths if path in bundle_of})
        members = [*sorted(n for bundle in met for n in bundles.pop(bundle)), number]
        bundles[number] = members
        for member in members:
            bundle_of.update(dict.fromkeys(groups[member].paths, number))
    return tuple(tuple(groups[n] for n in members) for members in bundles.values())
