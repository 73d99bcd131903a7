# SPDX-License-Identifier: GPL-2.0-only
"""The input of series, and what all series of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from migrate.base.programs.templates import Templates
from migrate.delivery.commits.policy import Policy
from migrate.delivery.commits.trailers import Collected
from migrate.delivery.commits.unbuilt import Unbuilt, unbuilt
from migrate.delivery.history import History
from migrate.delivery.mail.cover import Facts
from migrate.delivery.mail.style import style_script
from migrate.delivery.model import Branch
from migrate.delivery.plumbing import Identity, own_git
from migrate.kernel.people.maintainers import Maintainers
from migrate.kernel.people.recipients import (
    Directory,
    maintainer_script,
    read_directory,
)
from migrate.kernel.people.tree_script import TreeScript
from migrate.kernel.tree import Tree

MAX_PATCHES = 15
"""The kernel's lists do not like more at once."""


@dataclass(frozen=True)
class Material:
    """The results of a run from which series are written.

    `repository` is the tool's own, `worktree` has the tree checked out for its scripts. `history`
    is that of the last result; versions that are marked as sent and have not changed stay marked.
    `collected` are trailers that the commits of `branch` have where they apply. `maintainers` are
    those of the tree, None to read them from it.
    """

    tree: Tree
    facts: Facts
    branch: Branch
    repository: Path
    worktree: Path
    history: History = field(default_factory=History)
    collected: Collected = field(default_factory=Collected)
    maintainers: Maintainers | None = None


@dataclass(frozen=True)
class SeriesOptions:
    """`tree_scripts` allows running get_maintainer.pl and checkpatch.pl of the tree; `templates`
    may contain a cover.txt to replace ours. `reroll` asks for next versions, with `reply` as
    replies to the last ones. `unbuilt` says what to do with commits that no compiler has built,
    `jobs` is the number of processes."""

    tree_scripts: bool = True
    templates: Templates | None = None
    max_patches: int = MAX_PATCHES
    unbuilt: Policy = Policy.HOLD
    reroll: bool = False
    reply: bool = False
    jobs: int = 1


@dataclass(frozen=True)
class Job:
    """Data that all series of one run share; `asked` and `checker` are the tree's scripts for
    recipients and for style, None if they must not be run."""

    material: Material
    options: SeriesOptions
    directory: Directory
    start: str
    missing: tuple[Unbuilt, ...]
    asked: TreeScript | None
    checker: TreeScript | None
    who: Identity


def begin(material: Material, options: SeriesOptions) -> Job:
    """Look up once what all series have in common."""
    branch = material.branch
    api = [commit for commit in branch.commits if commit.is_api]
    allowed = options.tree_scripts
    return Job(
        material=material,
        options=options,
        directory=read_directory(material.tree, material.maintainers),
        start=api[-1].id if api else branch.base,
        missing=unbuilt(branch, material.facts.builds),
        asked=maintainer_script(material.worktree) if allowed else None,
        checker=style_script(material.worktree) if allowed else None,
        who=_author(material.repository, branch.tip),
    )


def _author(repository: Path, commit: str) -> Identity:
    shown = own_git(["show", "-s", "--format=%an%x00%ae", commit], repository)
    name, _, email = shown.decode("utf-8", "replace").strip("\n").partition("\0")
    return Identity(name, email)
