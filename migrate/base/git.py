# SPDX-License-Identifier: GPL-2.0-only
"""Git repositories through GitPython, its processes through our own door."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from migrate.base import packages, process
from migrate.base.errors import Refusal
from migrate.base.room import no_room, no_room_words

try:
    import git
    from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError
except ImportError as error:
    # GitPython asks git for its version, and wants an answer.
    raise Refusal(
        f"git does not work: {str(error).splitlines()[0]}.",
        f"Install git, as in: {packages.install('git')}. Then see: git version",
    ) from error

# Nothing of the user's that runs code, asks questions, signs, or repacks behind our back.
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
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TIME_LIMIT = 1800.0
"""Seconds; the longest honest git command here checks out 80,000 files."""


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

    What writes into the user's repository is `shielded`; for this and for `pass_fds` see
    :func:`migrate.base.process.run`.
    """
    options = [part for setting in _SAFE_CONFIG for part in ("-c", setting)]
    if args[0] == "diff":
        # diff.external has no value that means none: an empty one is run as a program.
        args = ["diff", "--no-ext-diff", *args[1:]]
    return process.run(
        ["git", *options, *args],
        cwd=cwd,
        timeout=timeout,
        stdin=stdin,
        env=_ENVIRONMENT | (env or {}),
        pass_fds=pass_fds,
        shielded=shielded,
    )


def git_output(
    args: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    codes: tuple[int, ...] = (0,),
) -> bytes:
    """Standard output of `git args`; a :class:`Refusal` when the exit code is not in `codes`."""
    outcome = git_run(args, cwd=cwd, stdin=stdin, env=env)
    if isinstance(outcome, process.Finished):
        if outcome.code in codes:
            return outcome.stdout
        if words := no_room_words(outcome.stderr.decode("utf-8", "replace")):
            raise no_room(cwd, words)
    raise Refusal(
        f"git {args[0]} failed in {cwd}: {process.describe(outcome)}",
        f"Try 'git -C {cwd} fsck' and run the command again.",
    )


@contextmanager
def reading(command: str, cwd: Path) -> Iterator[None]:
    """While the answer of `git command` is read: a :class:`Refusal` when that is none."""
    try:
        yield
    except (ValueError, LookupError, StopIteration) as error:
        raise Refusal(
            f"git {command} in {cwd} gave an answer that makes no sense.",
            f"Try 'git -C {cwd} fsck' and run the command again.",
        ) from error


def object_id(answer: bytes, command: str, cwd: Path) -> str:
    """The id of an object that `git command` answered with."""
    with reading(command, cwd):
        found = answer.decode().strip()
        if not _ID.fullmatch(found):
            raise ValueError(found)
        return found


class _Git(git.cmd.Git):
    """GitPython's command wrapper, with :func:`git_run` underneath."""

    def execute(self, command: Any, *_args: Any, **options: Any) -> Any:
        if options.get("as_process") or options.get("output_stream"):
            raise NotImplementedError("streams are not used; call git_output()")
        argv = [str(part) for part in command]
        outcome = git_run(
            argv[1:],
            cwd=Path(self.working_dir or "."),
            env={k: str(v) for k, v in (self.environment() | (options.get("env") or {})).items()},
        )
        if not isinstance(outcome, process.Finished):
            raise GitCommandError(argv, process.describe(outcome))
        text = outcome.stdout.decode("utf-8", "surrogateescape")
        if options.get("strip_newline_in_stdout", True) and text.endswith("\n"):
            text = text[:-1]
        error = outcome.stderr.decode("utf-8", "replace")
        if options.get("with_exceptions", True) and outcome.code != 0:
            raise GitCommandError(argv, outcome.code, error, text)
        if options.get("with_extended_output"):
            return outcome.code, text, error
        return text


class Repository(git.Repo):
    """A repository whose every command goes through :func:`git_run`."""

    GitCommandWrapperType = _Git


def open_repository(path: Path) -> Repository:
    """Open the work tree at `path`; a :class:`Refusal` says why it is not one.

    Git's variables in this process's environment are gone afterwards: GitPython takes the place
    of the repository from them, whatever it was given.
    """
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        del os.environ[name]
    try:
        repository = Repository(path, search_parent_directories=False)
    except NoSuchPathError:
        raise Refusal(
            f"{path} does not exist.", "Give the path of a Linux kernel checkout."
        ) from None
    except (InvalidGitRepositoryError, ValueError):
        raise Refusal(
            f"{path} is not a git checkout.",
            f"Put the kernel into git first: git -C {path} init && git -C {path} add -A -f"
            f" && git -C {path} commit -m import",
        ) from None
    if repository.bare:
        raise Refusal(
            f"{path} is a bare repository.",
            f"Make a checkout of it: git clone {path} linux && gup-migrate run linux",
        )
    return repository
