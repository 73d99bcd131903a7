# SPDX-License-Identifier: GPL-2.0-only
"""Searches of all files of one commit, with git grep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_output, git_run

FEW_CHANGES = 2000
"""With more changed files than this, a search reads git's objects instead of the work tree."""

_ALONE = "--threads=1"
"""The threads of `git grep` hand over the files one by one. That costs more than reading them: with
one thread a search of the tree takes two thirds of the processor time, and is no slower."""


class GitSearches:
    """Searches of `commit`, in the repository whose work tree is at `root`."""

    def __init__(self, root: Path, commit: str) -> None:
        self.root, self.commit = root, commit

    def holding(
        self, texts: Sequence[str], pathspecs: Sequence[str], *, words: bool = False
    ) -> set[str]:
        """The files of the commit that contain one of `texts`, with `words` as a whole word."""
        patterns, changed = [*(["-w"] if words else []), *_patterns(texts)], self._changed
        if changed is None:
            return set(self._grep([*patterns, self.commit], pathspecs))
        # Unpacking every object takes ten times as long as reading the checked-out files.
        found = set(self._grep(patterns, pathspecs)) - changed
        if changed:
            exact = [f":(top,literal){name}" for name in sorted(changed)]
            here = self._grep([*patterns, self.commit], exact)
            found |= {n for n in here if any(fnmatchcase(n, spec) for spec in pathspecs)}
        return found

    def lines_with(self, texts: Sequence[str], pathspecs: Sequence[str]) -> bytes:
        """The lines of the commit that contain one of `texts`, each after the path of its file and
        a NUL."""
        changed = self._changed
        if changed is None:
            return self._lines(texts, [self.commit, "--", *pathspecs])
        left = [*pathspecs, *(f":(top,literal,exclude){name}" for name in sorted(changed))]
        found = self._lines(texts, ["--", *left])
        here = [n for n in sorted(changed) if any(fnmatchcase(n, spec) for spec in pathspecs)]
        if here:
            exact = [f":(top,literal){name}" for name in here]
            found += self._lines(texts, [self.commit, "--", *exact])
        return found

    def _lines(self, texts: Sequence[str], where: Sequence[str]) -> bytes:
        found = self._lines_of_any(texts, where) if len(texts) > 1 else None
        if found is None:
            args = ["grep", _ALONE, "-zaF", *_patterns(texts), *where]
            found = git_output(args, cwd=self.root, codes=(0, 1))
        prefix = f"{self.commit}:".encode()
        if not found.startswith(prefix):
            return found
        return b"\n".join(line.removeprefix(prefix) for line in found.split(b"\n"))

    def _lines_of_any(self, texts: Sequence[str], where: Sequence[str]) -> bytes | None:
        """The lines, with a single Perl regular expression, which takes half the time of plain
        patterns; None if git was built without PCRE."""
        either = "|".join(re.escape(text) for text in texts)
        found = git_run(["grep", _ALONE, "-zaP", "-e", either, *where], cwd=self.root)
        usable = isinstance(found, Finished) and found.code in (0, 1)
        return found.stdout if isinstance(found, Finished) and usable else None

    def _grep(self, what: Sequence[str], pathspecs: Sequence[str]) -> list[str]:
        args = ["grep", _ALONE, "-lzF", *what, "--", *pathspecs]
        found = git_output(args, cwd=self.root, codes=(0, 1))
        names = found.decode("utf-8", "surrogateescape").split("\0")
        prefix = f"{self.commit}:"
        return [name.removeprefix(prefix) for name in names if name]

    @cached_property
    def _changed(self) -> frozenset[str] | None:
        """The paths whose checked-out files may differ from the commit; None if the work tree
        cannot be used: another commit, a sparse checkout, too many changes."""
        tagged = git_output(["ls-files", "-v", "-z"], cwd=self.root)
        if any(not entry.startswith(b"H ") for entry in tagged.split(b"\0") if entry):
            return None
        listed = git_output(["diff-index", "-z", "--name-only", self.commit], cwd=self.root)
        names = frozenset(n for n in listed.decode("utf-8", "surrogateescape").split("\0") if n)
        return names if len(names) <= FEW_CHANGES else None


def _patterns(texts: Iterable[str]) -> list[str]:
    """The options of `git grep` for any of `texts`."""
    return [part for text in texts for part in ("-e", text)]
