# SPDX-License-Identifier: GPL-2.0-only
"""What a proof begins with, and what ends it early."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.model import PinGroup
from migrate.base.progress import Progress
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.model import Branch
from migrate.delivery.proof.scratch.instrument import Instrumented
from migrate.delivery.proof.scratch.source import Source
from migrate.kernel.tree import Tree


@dataclass(frozen=True)
class Task:
    """What to prove, and where: `groups` are those that `branch` converts, `repository` has its
    commits, `place` is kept from run to run; `releases` are the functions of the profile that
    release pins, and `lookups` the groups that take none, but look pages up. Without `controls` no
    release is spoiled; with `kasan` the kernel watches its accesses to memory. The exercises
    `without` are left out."""

    branch: Branch
    groups: tuple[PinGroup, ...]
    releases: tuple[str, ...]
    repository: Path
    place: Path
    options: BuildOptions
    progress: Progress
    lookups: frozenset[str] = frozenset()
    controls: bool = True
    kasan: bool = False
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Prepared:
    """What is the same for all machines: the scratch copy, the branch's tip, and the tip with the
    record of pins, which is `commit`."""

    source: Source
    tree: Tree
    instrumented: Instrumented
    commit: str


class Stop(Exception):
    """Nothing can be claimed, for this reason; with `again` it may be another the next time."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again
