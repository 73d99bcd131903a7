# SPDX-License-Identifier: GPL-2.0-only
"""The commit that introduced a bug, as far as the available history shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.analysis.frontend.syntax import parse
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_run
from migrate.kernel.tree import Tree
from migrate.rewrite.model import Line

_SECONDS = 60.0
_QUIET = {"GIT_LITERAL_PATHSPECS": "1", "GIT_NO_LAZY_FETCH": "1"}


@dataclass(frozen=True)
class _Brought:
    """The origin of a line: `commit`, in the file that was then called `path`."""

    commit: str
    path: str


def fixes_trailer(tree: Tree, lines: Sequence[Line]) -> str:
    """`Fixes: ...` for the bug that `lines` are together, or "".

    It is the commit that added the last of them, if it descends from those that added the others
    and its parent lacks the word of one of its lines in the function. A commit at which the history
    ends may have added anything.
    """
    brought = [(line, _brought(tree, line)) for line in lines]
    known = [(line, b) for line, b in brought if b is not None]
    if not known or len(known) < len(lines):
        return ""
    commits = {b.commit for _, b in known}
    for commit in sorted(commits):
        if all(_is_ancestor(tree, other, commit) for other in commits - {commit}):
            own = [(line, b.path) for line, b in known if b.commit == commit]
            return _trailer(tree, commit) if any(_is_new(tree, commit, *o) for o in own) else ""
    return ""


def _brought(tree: Tree, line: Line) -> _Brought | None:
    where = f"-L{line.line},{line.line}"
    text = _git(tree, "blame", "--porcelain", where, tree.commit, "--", line.path)
    if text is None or not text or re.search(r"^boundary$", text, re.M):
        return None
    path = re.search(r"^filename (.+)$", text, re.M)
    return _Brought(text.split(" ", 1)[0], path[1] if path else line.path)


def _is_ancestor(tree: Tree, one: str, other: str) -> bool:
    return _git(tree, "merge-base", "--is-ancestor", one, other) is not None


def _is_new(tree: Tree, commit: str, line: Line, path: str) -> bool:
    """Whether the parent of `commit` has fewer occurrences of the word of `line` in the
    function."""
    now = _count(tree, commit, path, line)
    if not now:
        return False  # the function has another name there
    return _count(tree, f"{commit}^", path, line) < now


def _count(tree: Tree, commit: str, path: str, line: Line) -> int:
    text = _git(tree, "cat-file", "blob", f"{commit}:{path}")
    if text is None:
        return 0
    word = re.compile(rf"\b{re.escape(line.word)}\b".encode())
    data = text.encode("utf-8", "surrogateescape")
    if not line.function:
        return len(word.findall(data))
    functions = parse(path, data).by_name.get(line.function, ())
    return sum(len(word.findall(data[f.start : f.end])) for f in functions)


def _trailer(tree: Tree, commit: str) -> str:
    subject = _git(tree, "show", "-s", "--format=%s", commit)
    return f'Fixes: {commit[:12]} ("{subject.strip()}")' if subject and subject.strip() else ""


def _git(tree: Tree, *args: str) -> str | None:
    done = git_run(args, cwd=tree.root, env=_QUIET, timeout=_SECONDS)
    if not isinstance(done, Finished) or not done.ok:
        return None
    return done.stdout.decode("utf-8", "surrogateescape")
