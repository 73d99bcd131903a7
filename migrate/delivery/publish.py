# SPDX-License-Identifier: GPL-2.0-only
"""The finished branch into the user's repository: objects first, then one ref transaction.

Nothing but the branch changes there: no hook runs, no FETCH_HEAD, tag or remote is touched, HEAD,
index, work tree, stash and other branches stay as they are.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.git import git_output, git_run, object_id
from migrate.base.process import Finished, describe
from migrate.delivery.model import Branch
from migrate.delivery.plumbing import own_git


@dataclass(frozen=True)
class Published:
    """`ref` is at `tip` now; `kept` is the branch on which earlier work of the user's is, or ""."""

    ref: str
    tip: str
    kept: str


def publish(
    branch: Branch,
    repository: Path,
    checkout: Path,
    *,
    expected: Collection[str] = (),
    out: Path | None = None,
) -> Published:
    """Hand `branch` over from the tool's `repository` to the user's `checkout`.

    `expected` are tips that were handed over before. When the branch is somewhere else by now,
    what is there stays under a name of its own. `out` is where the series are, for the reader of
    a refusal. A :class:`Refusal` when the branch is checked out, when its name cannot be used, or
    when the repository is read-only.
    """
    _refuse_checked_out(branch.ref, checkout)
    old = _tip(branch.ref, checkout)
    if old == branch.tip:
        return Published(branch.ref, branch.tip, "")
    _refuse_read_only(branch.ref, checkout, out)
    _copy_objects(branch, repository, checkout)
    kept = ""
    lines = [f"update {branch.ref}\0{branch.tip}\0{old or _zero(branch.tip)}\0"]
    if old is not None and old not in (*expected, branch.base):
        kept = f"{branch.ref}-{old[:12]}"
        lines.append(f"update {kept}\0{old}\0\0")
    _transaction(lines, branch.ref, checkout)
    return Published(branch.ref, branch.tip, kept)


def _copy_objects(branch: Branch, repository: Path, checkout: Path) -> None:
    """Pack what is new since the base and unpack it there: neither end reads its configuration
    of remotes, and a pack that breaks off leaves nothing that a ref points to."""
    wanted = f"{branch.tip}\n^{branch.base}\n".encode()
    pack = own_git(["pack-objects", "-q", "--revs", "--stdout"], repository, stdin=wanted)
    git_output(["unpack-objects", "-q"], cwd=checkout, stdin=pack, shielded=True)


def _transaction(lines: list[str], ref: str, checkout: Path) -> None:
    script = "start\0" + "".join(lines) + "prepare\0commit\0"
    argv = ["update-ref", "-z", "--stdin"]
    outcome = git_run(argv, cwd=checkout, stdin=script.encode(), shielded=True)
    if not isinstance(outcome, Finished) or not outcome.ok:
        _refuse_locked(ref, checkout)
        name = ref.removeprefix("refs/heads/")
        raise Refusal(
            f"The branch {name} cannot be written: {describe(outcome)}",
            f"Rename what is in its way, then: gup-migrate commit {checkout}",
        )


def _refuse_read_only(ref: str, checkout: Path, out: Path | None) -> None:
    for name in ("objects", "refs/heads"):
        found = git_output(["rev-parse", "--git-path", name], cwd=checkout)
        folder = checkout / found.decode("utf-8", "surrogateescape").rstrip("\n")
        if not os.access(folder, os.W_OK):
            done = f"Series and report are whole, in {out}. " if out else ""
            raise Refusal(
                f"The branch {ref.removeprefix('refs/heads/')} cannot be written: {folder} is"
                " read-only for you.",
                f"{done}For the branch, make that writable and run: gup-migrate series {checkout}",
            )


def _refuse_locked(ref: str, checkout: Path) -> None:
    """Name the lock that is in the way of `ref`, if one is."""
    found = git_output(["rev-parse", "--git-path", f"{ref}.lock"], cwd=checkout)
    lock = checkout / found.decode("utf-8", "surrogateescape").rstrip("\n")
    if lock.exists():
        raise Refusal(
            f"{lock} is in the way: another git is at work, or was killed there.",
            f"When no git is at work there: rm {shlex.quote(str(lock))}",
        )


def _tip(ref: str, checkout: Path) -> str | None:
    found = git_run(["rev-parse", "--verify", "--quiet", ref], cwd=checkout)
    if not isinstance(found, Finished) or not found.ok:
        return None
    return object_id(found.stdout, "rev-parse", checkout)


def _zero(commit: str) -> str:
    return "0" * len(commit)


def _refuse_checked_out(ref: str, checkout: Path) -> None:
    listed = git_output(["worktree", "list", "--porcelain"], cwd=checkout)
    where = ""
    for line in listed.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("worktree "):
            where = line.removeprefix("worktree ")
        if line == f"branch {ref}":
            name = ref.removeprefix("refs/heads/")
            raise Refusal(
                f"The branch {name} is checked out in {where}, so it cannot be moved.",
                f"Go to another one first: git -C {where} switch --detach",
            )
