# SPDX-License-Identifier: GPL-2.0-only
"""The files of every commit of a branch, as git ids of their contents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from migrate.base.stores.git import git_output, reading
from migrate.delivery.model import Branch

_C = re.compile(r"\.[chS]$")
# Text that no build reads. Every file that is neither this nor C counts as part of the build.
_NOT_BUILT = re.compile(
    r"(Documentation|LICENSES|tools)/|MAINTAINERS$|CREDITS$|COPYING$|\."
    r"|.*\.(rst|txt|dts|dtsi|dtso|yaml|json|svg|md)$"
)
# C that runs during the build, or that headers are generated from.
_GENERATOR = re.compile(
    r"(scripts|usr)/|tools/(objtool|include|lib|build|bpf/resolve_btfids)/|arch/[^/]+/tools/"
    r"|.*/(asm-offsets|bounds)\.c$|kernel/bounds\.c$|lib/(gen|mk)\w*\.c$|.*/vdso/"
)


class States:
    """The contents of each commit of `branch`, including the base; this takes four calls of git."""

    def __init__(self, worktree: Path, branch: Branch) -> None:
        self._worktree = worktree
        self._branch = branch
        self.commits = (branch.base, *(c.id for c in branch.commits))
        self._digests: dict[tuple[str, tuple[str, ...]], str] = {}

    def blob(self, commit: str, path: str) -> str:
        """The id of the contents of `path` at `commit`, "" if there is no such file."""
        return self._changes[commit].get(path) or (
            "" if path in self._changes[commit] else self._base_files.get(path, "")
        )

    def digest(self, commit: str, paths: tuple[str, ...]) -> str:
        """One digest over the names and contents of `paths` at `commit`."""
        touched = tuple(p for p in paths if p in self._changes[commit])
        state = tuple(self.blob(commit, p) for p in touched)
        key = (_sum(state), paths)
        if key not in self._digests:
            self._digests[key] = _sum(f"{p}\0{self.blob(commit, p)}" for p in paths)
        return self._digests[key]

    def changed(self, commit: str) -> frozenset[str]:
        """The paths that `commit` itself changes."""
        return self._own_changes.get(commit, frozenset())

    def environment(self, commit: str) -> str:
        """One digest over everything that is not C or documentation at `commit`: makefiles,
        Kconfig, scripts, and the names of all headers, because a new one can take the place of
        another."""
        changes = {
            path: blob
            for path, blob in self._changes[commit].items()
            if is_environment(path) or _appears(path, blob, self._base_files)
        }
        lines = sorted(f"{path}\0{blob}" for path, blob in changes.items())
        return _sum((self._base_environment, *lines)) if lines else self._base_environment

    def tree(self, commit: str) -> str:
        """The id of the whole tree of `commit`, which does not depend on the message."""
        return self._trees[commit]

    @cached_property
    def _trees(self) -> dict[str, str]:
        listed = git_output(
            ["rev-parse", *(f"{c}^{{tree}}" for c in self.commits)], cwd=self._worktree
        )
        with reading("rev-parse", self._worktree):
            return dict(zip(self.commits, listed.decode().split(), strict=True))

    @cached_property
    def _base_files(self) -> dict[str, str]:
        listed = git_output(["ls-tree", "-rz", self._branch.base], cwd=self._worktree)
        files = {}
        with reading("ls-tree", self._worktree):
            for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
                if entry:
                    meta, path = entry.split("\t", 1)
                    files[path] = meta.split(" ")[2]
        return files

    @cached_property
    def _base_environment(self) -> str:
        return _sum(
            f"{path}\0{blob if is_environment(path) else ''}"
            for path, blob in sorted(self._base_files.items())
            if is_environment(path) or path.endswith(".h")
        )

    @cached_property
    def _own_changes(self) -> dict[str, frozenset[str]]:
        return {c: frozenset(paths) for c, paths in self._raw.items()}

    @cached_property
    def _changes(self) -> dict[str, dict[str, str]]:
        """For each commit the files that differ from the base, "" for a deleted file."""
        so_far: dict[str, str] = {}
        changes = {self._branch.base: so_far}
        for commit in self._branch.commits:
            both = so_far | self._raw[commit.id]
            so_far = {p: b for p, b in both.items() if b != self._base_files.get(p, "")}
            changes[commit.id] = so_far
        return changes

    @cached_property
    def _raw(self) -> dict[str, dict[str, str]]:
        """What each commit changes against its parent: path to new contents."""
        if not self._branch.commits:
            return {}
        pairs = "".join(f"{c.id} {c.parent}\n" for c in self._branch.commits)
        answer = git_output(
            ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"],
            cwd=self._worktree,
            stdin=pairs.encode(),
        )
        changes: dict[str, dict[str, str]] = {c.id: {} for c in self._branch.commits}
        fields = iter(answer.decode("utf-8", "surrogateescape").split("\0"))
        current = ""
        with reading("diff-tree", self._worktree):
            for item in fields:
                if item.startswith(":"):
                    blob = item.split(" ")[3]
                    changes[current][next(fields)] = "" if set(blob) == {"0"} else blob
                elif item.strip():
                    current = item.strip()
        return changes


def is_environment(path: str) -> bool:
    """Whether `path` can affect how other files are compiled without being included by them."""
    if _GENERATOR.match(path):
        return not path.startswith("scripts/coccinelle/")
    return not _C.search(path) and not _NOT_BUILT.match(path)


def _appears(path: str, blob: str, base: dict[str, str]) -> bool:
    return path.endswith(".h") and (not blob or path not in base)


def _sum(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape"))
        digest.update(b"\n")
    return digest.hexdigest()
