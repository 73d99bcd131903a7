# SPDX-License-Identifier: GPL-2.0-only
"""From the output of a guest to the outcomes of a task's groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.analysis.model import PinGroup
from migrate.delivery.proof.chosen import Chosen
from migrate.delivery.proof.machine.console import Console
from migrate.delivery.proof.model import GroupProof, Line
from migrate.delivery.proof.seen.judge import failed_by_splats, judge, seen
from migrate.delivery.proof.seen.places import Hunk, Places, hunks_between
from migrate.delivery.proof.task import Prepared, Task

_PLAIN = "plain"


@dataclass(frozen=True)
class Judging:
    """Judges guests for the groups of `task`; `hunks` are the changes of its branch, by path."""

    task: Task
    prepared: Prepared
    chosen: Chosen
    hunks: Mapping[str, tuple[Hunk, ...]]

    def places(self, commit: str) -> Places:
        """The places of the sites in a kernel of `commit`."""
        folder = self.prepared.source.folder
        return Places(
            self.task.groups, hunks_between(folder, self.task.branch.base, commit), folder
        )

    def judge(self, console: Console, commit: str) -> tuple[GroupProof, ...]:
        """The outcomes from the output of a guest that ran `commit`."""
        groups = self.task.groups
        table = console.last
        assert table is not None
        said = results(console)
        return judge(
            groups,
            seen(table, self.places(commit)),
            failed_by_splats(console, groups, self.chosen.files_of),
            lambda group: self.chosen.why_not(group, said),
            self._is_noted,
        )

    def _is_noted(self, group: PinGroup, at: Line) -> bool:
        changed = any(hunk.has_old(at.line) for hunk in self.hunks.get(at.path, ()))
        return changed or group.name in self.task.lookups


def results(console: Console) -> Mapping[str, str]:
    """The results of the exercises in the pass that counts."""
    return {name: what for (run, name), what in console.results.items() if run == _PLAIN}
