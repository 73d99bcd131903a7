# SPDX-License-Identifier: GPL-2.0-only
"""Kernels with deliberately wrong releases: built, booted, and checked for whether the record of
pins notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.delivery.compile.model import Recipe
from migrate.delivery.proof.controls import (
    Names,
    NotSpoiled,
    Round,
    Spoiled,
    is_final,
    judged,
    not_made,
    rounds,
    spoil_round,
    unbuilt,
)
from migrate.delivery.proof.judging import Judging
from migrate.delivery.proof.machine.console import Console
from migrate.delivery.proof.model import Control, GroupProof
from migrate.delivery.proof.scratch.kernel import Kernels, NotBuilt
from migrate.delivery.proof.scratch.named import named
from migrate.kernel.tree import Tree

_BOOTS = 3
"""The maximum number of boots of a control: failures in an exercise vary, so a release may not be
reached in each boot."""


@dataclass(frozen=True)
class Built:
    """A round that was built: the commit, its image, and the releases that could not be spoiled."""

    commit: str
    image: Path
    failed: Mapping[Spoiled, NotSpoiled]


@dataclass(frozen=True)
class Controls:
    """Spoils the releases of proved groups, in kernels of `wanted`. `boot` boots an image of a
    commit; its last argument is the name of the control for the user."""

    judging: Judging
    kernels: Kernels
    wanted: Recipe
    boot: Callable[[Path, str, str], Console]

    def of(self, groups: tuple[GroupProof, ...], before: frozenset[str]) -> tuple[GroupProof, ...]:
        """`groups` with the results for releases that were spoiled, except for those of
        `before`."""
        made: dict[str, list[Control]] = {}
        lookups = self.judging.task.lookups
        every = rounds([g for g in groups if g.group not in before], lookups)
        for number, one in enumerate(every, 1):
            what = f"control {number} of {len(every)}"
            for group, control in self._made(one, what):
                made.setdefault(group, []).append(control)
        return tuple(replace(g, controls=tuple(made.get(g.group, ()))) for g in groups)

    def _made(self, tried: Round, what: str) -> Iterator[tuple[str, Control]]:
        """The controls of one round."""
        built = self._build(tried, what)
        if isinstance(built, NotBuilt):
            yield from not_made(tried, built.reason)
            return
        made: dict[str, Control] = {}
        unspoiled = {item.group for item in built.failed}
        for attempt in range(1, _BOOTS + 1):
            self.judging.task.progress(f"booting {what}", 0, 0)
            # In all passes: some releases are only executed after a failure.
            log = f"{what} attempt {attempt}" if attempt > 1 else what
            console = self.boot(built.image, built.commit, log)
            for group, control in self._noticed(tried, console, built):
                if group not in made or not is_final(made[group]):
                    made[group] = control
            if all(is_final(control) for name, control in made.items() if name not in unspoiled):
                break
        yield from made.items()

    def _build(self, tried: Round, what: str) -> Built | NotBuilt:
        """The kernel of a round, without files that do not compile."""
        prepared = self.judging.prepared
        source, before = prepared.source, prepared.source.tree(prepared.commit)
        made_of = prepared.instrumented
        names = Names(made_of.acquires, made_of.releases, made_of.drops)
        base = Tree(source.folder, self.judging.task.branch.base)
        files, failed = spoil_round(tried, base, prepared.tree, self.judging.hunks, names)
        while True:
            commit = source.commit(before.commit, named(files, before))
            image = self.kernels.build(self.wanted, commit, what)
            if not isinstance(image, NotBuilt):
                return Built(commit, image, failed)
            bad = unbuilt(tried, image.objects)
            left_out = files.keys() & {item.release.path for item in bad}
            if not left_out:
                return image
            # One file that does not compile must not prevent all others.
            files = {path: text for path, text in files.items() if path not in left_out}
            failed |= bad

    def _noticed(
        self, tried: Round, console: Console, built: Built
    ) -> Iterator[tuple[str, Control]]:
        """The results of one boot of a round."""
        if console.problem or console.last is None:
            return not_made(tried, console.problem)
        places = self.judging.places(built.commit)
        passed = {line for site in console.last.releases for line in places.lines_of(site)}
        return judged(tried, self.judging.judge(console, built.commit), built.failed, passed)
