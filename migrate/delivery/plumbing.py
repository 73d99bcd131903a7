# SPDX-License-Identifier: GPL-2.0-only
"""Trees and commits, made with git's plumbing commands and independent of the user's
configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.base.files.scratch import scratch
from migrate.base.stores.git import git_output, object_id, reading

_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
NEW_FILE = "100644"


@dataclass(frozen=True)
class Entry:
    """A file of a tree: git's mode ("100644") and the id of its blob."""

    mode: str
    blob: str


@dataclass(frozen=True)
class Identity:
    """The committer who signs off, from the user's git configuration."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True)
class Index:
    """A temporary index file, with the repository that it is used in."""

    repository: Path
    file: Path

    def read(self, tree: str) -> None:
        """Make the index that of `tree`."""
        self._git(["read-tree", tree])

    def put(self, entries: Mapping[str, Entry]) -> None:
        """Add or replace files."""
        lines = "".join(f"{e.mode} {e.blob}\t{path}\0" for path, e in entries.items())
        self._git(["update-index", "-z", "--index-info"], lines.encode("utf-8", "surrogateescape"))

    def write(self) -> str:
        """Write the index as a tree and return its id."""
        return object_id(self._git(["write-tree"]), "write-tree", self.repository)

    def _git(self, args: list[str], stdin: bytes | None = None) -> bytes:
        env = {"GIT_INDEX_FILE": str(self.file)}
        return own_git(args, self.repository, stdin=stdin, env=env)


@contextmanager
def temporary_index(repository: Path) -> Iterator[Index]:
    """A temporary index, removed at the end of the block."""
    with scratch("index") as folder:
        yield Index(repository, folder / "index")


def own_git(
    args: list[str],
    repository: Path,
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """The output of `git args` in the tool's own repository, without the user's configuration."""
    return git_output(args, cwd=repository, stdin=stdin, env=_ENVIRONMENT | dict(env or {}))


def write_blob(repository: Path, content: bytes) -> str:
    """Store `content` unchanged and return the id of the blob."""
    made = own_git(["hash-object", "-w", "--stdin"], repository, stdin=content)
    return object_id(made, "hash-object", repository)


def entries(repository: Path, tree: str, paths: list[str]) -> dict[str, Entry]:
    """The files among `paths` that `tree` has."""
    listed = own_git(["ls-tree", "-z", "--full-tree", tree, "--", *paths], repository)
    found = {}
    with reading("ls-tree", repository):
        for line in listed.decode("utf-8", "surrogateescape").split("\0"):
            if line:
                facts, _, path = line.partition("\t")
                mode, _, blob = facts.split(" ")
                found[path] = Entry(mode, blob)
    return found


def commit_tree(
    repository: Path, tree: str, parent: str, message: str, who: Identity, when: str
) -> str:
    """Make a commit; `when` is seconds and time zone ("1700000000 +0100") for both dates."""
    env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (
        ("NAME", who.name), ("EMAIL", who.email), ("DATE", when))}  # fmt: skip
    text = message.encode("utf-8", "replace")
    made = own_git(["commit-tree", tree, "-p", parent], repository, stdin=text, env=env)
    return object_id(made, "commit-tree", repository)


def commit_date(repository: Path, commit: str) -> tuple[int, str]:
    """Seconds and time zone of the committer date of `commit`."""
    shown = own_git(["show", "-s", "--format=%cd", "--date=raw", commit], repository)
    with reading("show", repository):
        seconds, zone = shown.decode().split()
        return int(seconds), zone


def update_ref(repository: Path, ref: str, commit: str) -> None:
    """Point `ref` of the tool's own repository at `commit`."""
    own_git(["update-ref", ref, commit], repository)


def patch_ids(repository: Path, start: str, tip: str) -> tuple[str, ...]:
    """The stable patch ids from `start` to `tip`, for `prerequisite-patch-id:` lines.

    They are computed from the patches as they are mailed. Git's own --base computes them without
    the indent heuristic, so they would not match the mails.
    """
    found = []
    for commit in own_git(["rev-list", "--reverse", f"{start}..{tip}"], repository).split():
        diff = own_git(["diff-tree", "-p", object_id(commit, "rev-list", repository)], repository)
        ids = own_git(["patch-id", "--stable"], repository, stdin=diff).split()
        found += [object_id(first, "patch-id", repository) for first in ids[:1]]
    return tuple(found)
