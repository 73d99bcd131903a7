# SPDX-License-Identifier: GPL-2.0-only
"""Moves the finished branch to the user's repository: objects first, then one ref transaction.

Nothing but the branch changes there: no hook runs; FETCH_HEAD, tags, remotes, HEAD, index, work
tree, stash and other branches are not touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from migrate.base.errors import Refusal
from migrate.base.files.scratch import scratch
from migrate.base.programs.process import Finished, describe
from migrate.base.stores.git import git_output, git_run, object_id
from migrate.base.typed import own_command, typed
from migrate.delivery.commits.arrival import Lock, noted
from migrate.delivery.model import Branch
from migrate.delivery.plumbing import own_git


@dataclass(frozen=True)
class Published:
    """`ref` is at `tip` now; `kept` is the branch with earlier work of the user, or ""."""

    ref: str
    tip: str
    kept: str


def publish(
    branch: Branch,
    repository: Path,
    checkout: Path,
    *,
    journal: Path,
    expected: Collection[str] = (),
    out: Path | None = None,
    command: Callable[..., str] = own_command,
) -> Published:
    """Hand `branch` over from the tool's `repository` to the user's `checkout`.

    Files that are incomplete in the meantime are noted in `journal`, see the module `arrival`.
    `expected` are tips that were handed over before. If the branch is somewhere else by now, its
    commits stay under a name of their own. `out` is where the series are and `command` spells a
    command to type, for the text of a refusal. Raises a :class:`Refusal` if the branch is checked
    out, if its name cannot be used, or if the repository is read-only.
    """
    _refuse_checked_out(branch.ref, checkout)
    old = _tip(branch.ref, checkout)
    if old == branch.tip:
        return Published(branch.ref, branch.tip, "")
    _refuse_read_only(branch.ref, checkout, out, command)
    moves = [(branch.ref, branch.tip, old or _zero(branch.tip))]
    kept = ""
    if old is not None and old not in (*expected, branch.base):
        kept = f"{branch.ref}-{old[:12]}"
        moves.append((kept, old, ""))
    locks = [Lock(str(_git_path(f"{ref}.lock", checkout)), tip) for ref, tip, _ in moves]
    _refuse_locked(locks)
    with scratch("pack") as folder:
        pack = _pack(branch, repository, checkout, folder)
        with noted(journal, pack, _git_path("objects/pack", checkout), locks) as arrival:
            arrival.put()
            _transaction(moves, locks, checkout, arrival.handle, command)
    return Published(branch.ref, branch.tip, kept)


def _pack(branch: Branch, repository: Path, checkout: Path, folder: Path) -> list[Path]:
    """The new objects since the base as files in `folder`, the index last, in the format and with
    the permissions of the user's git."""
    wanted = f"{branch.tip}\n^{branch.base}\n".encode()
    # With one thread the same objects give the same pack, whose name depends on its contents.
    packing = ["pack-objects", "-q", "--threads=1", "--revs", "--stdout"]
    pack = own_git(packing, repository, stdin=wanted)
    env = {"GIT_OBJECT_DIRECTORY": str(folder)}
    git_output(["index-pack", "--stdin"], cwd=checkout, stdin=pack, env=env)
    return sorted((folder / "pack").iterdir(), key=lambda path: path.suffix == ".idx")


def _transaction(
    moves: list[tuple[str, str, str]],
    locks: list[Lock],
    checkout: Path,
    handle: int,
    command: Callable[..., str] = own_command,
) -> None:
    """Do all `moves` (ref, new tip, old one) or none; a symbolic ref is replaced, not followed."""
    lines = [f"option no-deref\0update {ref}\0{tip}\0{old}\0" for ref, tip, old in moves]
    outcome = git_run(
        ["update-ref", "-z", "--stdin"],
        cwd=checkout,
        stdin=f"start\0{''.join(lines)}prepare\0commit\0".encode(),
        pass_fds=(handle,),
        shielded=True,
    )
    if not isinstance(outcome, Finished) or not outcome.ok:
        _refuse_locked(locks)
        name = moves[0][0].removeprefix("refs/heads/")
        raise Refusal(
            f"The branch {name} cannot be written: {describe(outcome)}",
            f"Rename what is in its way, then: {command('series')}",
        )


def _refuse_read_only(
    ref: str, checkout: Path, out: Path | None, command: Callable[..., str]
) -> None:
    for name in ("objects/pack", "refs/heads"):
        folder = _git_path(name, checkout)
        folder = folder if folder.exists() else folder.parent
        if not os.access(folder, os.W_OK):
            done = f"Series and report are whole, in {out}. " if out else ""
            raise Refusal(
                f"The branch {ref.removeprefix('refs/heads/')} cannot be written: {folder} is"
                " read-only for you.",
                f"{done}For the branch, make that writable and run: {command('series')}",
            )


def _refuse_locked(locks: list[Lock]) -> None:
    """Raise a refusal that names the lock, if there is one."""
    for lock in locks:
        if Path(lock.path).exists():
            raise Refusal(
                f"{lock.path} is in the way: another git is at work, or was killed there.",
                f"When no git is at work there: {typed('rm', Path(lock.path))}",
            )


def _git_path(name: str, checkout: Path) -> Path:
    found = git_output(["rev-parse", "--git-path", name], cwd=checkout)
    return checkout / found.decode("utf-8", "surrogateescape").rstrip("\n")


def _tip(ref: str, checkout: Path) -> str | None:
    found = git_run(["rev-parse", "--verify", "--quiet", ref], cwd=checkout)
    if not isinstance(found, Finished) or not found.ok:
        return None
    return object_id(found.stdout, "rev-parse", checkout)


def _zero(commit: str) -> str:
    return "0" * len(commit)


def _refuse_checked_out(ref: str, checkout: Path) -> None:
    listing = ["worktree", "list", "--porcelain"]
    listed = git_run([*listing, "-z"], cwd=checkout)
    if isinstance(listed, Finished) and listed.ok:
        lines = listed.stdout.split(b"\0")
    else:  # before git 2.36
        lines = git_output(listing, cwd=checkout).split(b"\n")
    where = ""
    for line in (line.decode("utf-8", "surrogateescape") for line in lines):
        if line.startswith("worktree "):
            where = line.removeprefix("worktree ")
        if line == f"branch {ref}":
            name = ref.removeprefix("refs/heads/")
            raise Refusal(
                f"The branch {name} is checked out in {where}, so it cannot be moved.",
                f"Go to another one first: {typed('git', '-C', Path(where), 'switch', '--detach')}",
            )
