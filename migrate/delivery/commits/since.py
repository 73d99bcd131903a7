# SPDX-License-Identifier: GPL-2.0-only
"""The lines that a branch adds, for commands with --since."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrate.analysis.model import Place
from migrate.base.errors import Refusal
from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_output, git_run
from migrate.base.typed import typed
from migrate.kernel.tree import Tree

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPED = re.compile(rb"\\([0-3][0-7]{2}|.)", re.S)
_LETTERS = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}

Added = Mapping[str, frozenset[int]]
"""For each path the numbers of the new lines, counted from 1."""


def added_lines(tree: Tree, revision: str) -> Added:
    """The lines of `tree` that are not in `revision`, a commit of the same checkout.

    Raises a :class:`Refusal` if there is no such commit.
    """
    wanted = f"{revision}^{{commit}}"
    found = git_run(["rev-parse", "--verify", "--quiet", "--end-of-options", wanted], cwd=tree.root)
    if not isinstance(found, Finished) or not found.ok:
        raise Refusal(
            f"{tree.root} has no commit {revision}.",
            f"Name one that it has; see them: {typed('git', '-C', tree.root, 'log', '--oneline')}",
        )
    base = found.stdout.decode().strip()
    options = ["-U0", "--no-color", "--no-renames", "--no-textconv", "--src-prefix=a/"]
    diff = git_output(
        ["diff", *options, "--dst-prefix=b/", base, tree.commit, "--", "*.c", "*.h"], cwd=tree.root
    )
    return _parse(diff)


def is_added(place: Place, added: Added) -> bool:
    """Whether the line of `place` is one of `added`."""
    return place.line in added.get(place.path, frozenset())


def _parse(diff: bytes) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    path, left = "", 0
    for line in diff.split(b"\n"):
        if left > 0 and line.startswith((b"+", b"-", b"\\")):
            left -= not line.startswith(b"\\")
            continue  # a line of code may look like a header
        if line.startswith(b"+++ "):
            path = _unquoted(line[4:]).removeprefix("b/")
        hunk = _HUNK.match(line)
        if hunk:
            removed, start, count = (1 if n is None else int(n) for n in hunk.groups())
            found.setdefault(path, set()).update(range(start, start + count))
            left = count + removed
    return {name: frozenset(lines) for name, lines in found.items()}


def _plain(escaped: re.Match[bytes]) -> bytes:
    code = escaped[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _LETTERS.get(code, code)


def _unquoted(name: bytes) -> str:
    """Parse a path in git's notation: with a tab after it if it contains blanks, quoted if it
    contains special characters."""
    text = name.rstrip(b"\t\r")
    if text.startswith(b'"') and text.endswith(b'"'):
        text = _ESCAPED.sub(_plain, text[1:-1])
    return text.decode("utf-8", "surrogateescape")
