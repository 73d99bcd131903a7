# SPDX-License-Identifier: GPL-2.0-only
"""The input of a proof, and the exception that ends it early."""

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
    """What to prove, and where. `groups` are those that `branch` converts, `repository` has its
    commits, `place` is a folder that is kept between runs. `releases` are the functions of the
    profile that release pins, `lookups` the groups that take no pins, but look pages up. Without
    `controls`, no release is spoiled; with `kasan`, the kernel checks its memory accesses. The
    exercises `without` are left out."""

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
    """What all machines share: the scratch copy, the tip of the branch, and `commit`, the tip with
    the code that records pins."""

    source: Source
    tree: Tree
    instrumented: Instrumented
    commit: str


class Stop(Exception):
    """The proof ends without a result, for this reason; `again` says that another run may get
    further."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again
