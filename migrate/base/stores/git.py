# SPDX-License-Identifier: GPL-2.0-only
"""Git commands, run through migrate.base.programs.process."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from migrate.base import packages
from migrate.base.errors import Refusal
from migrate.base.files.disk_space import no_room, no_room_words
from migrate.base.files.places import absolute, using
from migrate.base.programs import process
from migrate.base.typed import typed

_FOREIGN = re.compile(r"detected dubious ownership in repository at '(.*?)'\n", re.S)
_UNREADABLE = re.compile(r"unable to access '(.*?)': ([A-Z][\w ]+)", re.S)


def refuse_what_git_may_not(said: str) -> None:
    """Raise a :class:`Refusal` if the message `said` means that git was not allowed to start."""
    if found := _FOREIGN.search(said):
        there = Path(found[1])
        raise Refusal(
            f"{there} belongs to another user, so git does not touch it.",
            "When you trust what is in it:"
            f" {typed('git', 'config', '--global', '--add', 'safe.directory', there)}",
        )
    if found := _UNREADABLE.search(said):
        raise Refusal(
            f"git cannot read its configuration: {found[1]}: {found[2]}.",
            "Give yourself access to it, or set HOME to a folder that you can read.",
        )


# Turn off everything of the user that runs code, asks questions, signs, or repacks.
_SAFE_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "color.ui=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "format.signOff=false",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
}
_TRUTH = {b"true": True, b"false": False}
_FATAL = 128
"""git's exit code if it could not even start."""

_MAY_NOT = re.compile(
    r"[^\n]*(?:Permission denied|Read-only file system|Operation not permitted)[^\n]*"
)
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TIME_LIMIT = 1800.0
"""Seconds; the longest legitimate git command here checks out 80,000 files."""


def git_run(
    args: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    timeout: float = _TIME_LIMIT,
    pass_fds: Sequence[int] = (),
    shielded: bool = False,
) -> process.Outcome:
    """Run `git args` in `cwd` with the user's hooks, pager, signing and automatic gc off.

    Commands that write to the user's repository are `shielded`; for this and `pass_fds` see
    :func:`migrate.base.programs.process.run`. Raises a :class:`Refusal` if git may not read the
    repository or the user's configuration.
    """
    options = [part for setting in _SAFE_CONFIG for part in ("-c", setting)]
    if args[0] == "diff":
        # diff.external cannot be unset: an empty value is run as a program.
        args = ["diff", "--no-ext-diff", *args[1:]]
    outcome = process.run(
        ["git", *options, *args],
        cwd=cwd,
        timeout=timeout,
        stdin=stdin,
        env=_ENVIRONMENT | (env or {}),
        pass_fds=pass_fds,
        shielded=shielded,
    )
    if isinstance(outcome, process.Finished) and outcome.code == _FATAL:
        refuse_what_git_may_not(outcome.stderr.decode("utf-8", "surrogateescape"))
    if isinstance(outcome, process.NotStarted):
        if not cwd.is_dir():
            raise Refusal(
                f"{cwd} is not a folder any more.", "See what became of it, and run again."
            )
        raise Refusal(
            f"git does not work: {outcome.why}.",
            f"Install git, as in: {packages.install('git')}. Then see: git version",
        )
    return outcome


def git_output(
    args: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    codes: tuple[int, ...] = (0,),
) -> bytes:
    """Standard output of `git args`; raises a :class:`Refusal` if the exit code is not in
    `codes`."""
    return _answer(git_run(args, cwd=cwd, stdin=stdin, env=env), args, cwd, codes)


def _answer(
    outcome: process.Outcome, args: Sequence[str], cwd: Path, codes: tuple[int, ...]
) -> bytes:
    if isinstance(outcome, process.Finished):
        if outcome.code in codes:
            return outcome.stdout
        if words := no_room_words(outcome.stderr.decode("utf-8", "replace")):
            raise no_room(cwd, words)
        if found := _MAY_NOT.search(outcome.stderr.decode("utf-8", "replace")):
            raise Refusal(
                f"git {args[0]} failed in {cwd}: {found[0]}.",
                "Give yourself access to what it names, and run the command again.",
            )
    raise Refusal(
        f"git {args[0]} failed in {cwd}: {process.describe(outcome)}",
        f"Look for damage, and run the command again: {typed('git', '-C', cwd, 'fsck')}",
    )


@contextmanager
def reading(command: str, cwd: Path) -> Iterator[None]:
    """Refuse if the answer of `git command` cannot be parsed within the block."""
    try:
        yield
    except (ValueError, LookupError, StopIteration) as error:
        raise Refusal(
            f"git {command} in {cwd} gave output that cannot be parsed.",
            f"Look for damage, and run the command again: {typed('git', '-C', cwd, 'fsck')}",
        ) from error


def object_id(answer: bytes, command: str, cwd: Path) -> str:
    """Parse the object id that `git command` has answered."""
    with reading(command, cwd):
        found = answer.decode().strip()
        if not _ID.fullmatch(found):
            raise ValueError(found)
        return found


def open_checkout(path: Path) -> Path:
    """The absolute path of the work tree at `path`; raises a :class:`Refusal` if it is not one.

    It has to be the top folder of a clone or of a linked worktree, not a folder in it.
    """
    _refuse_no_folder(path)
    refuse_unreadable(path)
    args = ["rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--show-prefix"]
    outcome = git_run(args, cwd=path)
    if isinstance(outcome, process.Finished) and b"not a git repository" in outcome.stderr:
        raise _no_checkout(path)
    answer = _answer(outcome, args, path, (0,))
    with reading(args[0], path):
        bare, inside, folder = answer.removesuffix(b"\n").split(b"\n", 2)
        is_bare, is_inside = _TRUTH[bare], _TRUTH[inside]
    if is_bare:
        raise Refusal(
            f"{path} is a bare repository.",
            f"Make a checkout of it: {typed('git', 'clone', path, 'linux')}"
            " && gup-migrate run linux",
        )
    if folder or not is_inside:
        raise _no_checkout(path)
    return Path(os.path.normpath(path.absolute()))


def _no_checkout(path: Path) -> Refusal:
    return Refusal(
        f"{path} is not a git checkout.",
        f"Put the kernel into git first: {typed('git', '-C', path, 'init')} && {import_all(path)}",
    )


def refuse_unreadable(path: Path) -> None:
    """Raise a :class:`Refusal` if the repository at `path` may not be read; git's message is the
    same as for a missing one."""
    with using(absolute(path), "checkout", ""):
        for name in (".git", ".git/HEAD", ".git/objects", ".git/refs"):
            with suppress(FileNotFoundError, NotADirectoryError):
                place = path / name
                if stat.S_ISDIR(place.stat().st_mode):
                    list(place.iterdir())
                else:
                    place.read_bytes()


def import_all(path: Path) -> str:
    """The commands that commit all files below `path`."""
    adding = typed("git", "-C", path, "add", "-A", "-f")
    return f"{adding} && {typed('git', '-C', path, 'commit', '-m', 'import')}"


def _refuse_no_folder(path: Path) -> None:
    give = "Give the path of a Linux kernel checkout."
    try:
        kind = absolute(path).stat().st_mode
    except FileNotFoundError:
        raise Refusal(f"{path} does not exist.", give) from None
    except OSError as error:
        raise Refusal(f"{path} cannot be used: {error.strerror}.", give) from None
    if not stat.S_ISDIR(kind):
        raise Refusal(f"{path} is a file, not a folder.", give)
