# SPDX-License-Identifier: GPL-2.0-only
"""The prefix of a subject line: from the history of the files, else from their folder.

From history: of the last 20 commits to the files, the most frequent first part before a colon, if
it occurs at least twice; then, as long as at least half of these have the same next part, that one,
too. Otherwise: templates/prefixes.txt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePosixPath

from migrate.base.programs.process import Finished, TimedOut
from migrate.base.stores.git import git_run
from migrate.kernel.tree import Tree

_LEARN_FROM = 20
"""Commits; older ones may follow other conventions."""

_TIME_LIMIT = 30.0
"""Seconds; the output of git up to then is used."""

_PART = re.compile(r"[\w./,+*\-(){}]+(?: [\w./,+*\-(){}]+){0,2}\Z")
_NOT_A_PREFIX = frozenset({"revert", "treewide", "tree-wide", "merge", "fix", "re"})
_GROUPING_WORDS = """
arch asm book3s64 common core cpu devices driver drivers generic host hw include kernel lib linux
mm net pci platform src sw uapi usb
"""
_GROUPING = frozenset(_GROUPING_WORDS.split())
"""Folders that group files by kind and are not part of a prefix."""

_TABLE = Path(__file__).parent / "prefixes.txt"


@dataclass(frozen=True)
class Prefix:
    """`text` ends in a colon without a blank; `capital` says that the summary begins with a
    capital."""

    text: str
    capital: bool = False

    def subject(self, summary: str) -> str:
        """The subject line with `summary`, which begins in lower case, after this prefix."""
        if self.capital and "(" not in summary.split(" ")[0]:
            summary = summary[:1].upper() + summary[1:]
        return f"{self.text} {summary}" if self.text else summary


def prefix_for(tree: Tree, paths: Sequence[str]) -> Prefix:
    """The prefix for a commit to `paths`; headers and documents count only when alone."""
    code = [p for p in paths if not p.startswith(("include/", "Documentation/"))] or list(paths)
    return learn(_history(tree, code)) or from_paths(code)


def learn(subjects: Sequence[str]) -> Prefix | None:
    """The common prefix of `subjects`, which begin with the newest; None if there is none."""
    split = [parts for subject in subjects if (parts := _parts(subject))]
    chosen: tuple[str, ...] = ()
    among = split
    while True:
        counts = Counter(p[len(chosen)] for p in among if len(p) > len(chosen) + 1)
        if not counts:
            break
        part, count = counts.most_common(1)[0]
        if count < 2 or (chosen and count * 2 < len(among)):
            break
        chosen = (*chosen, part)
        among = [p for p in among if p[: len(chosen)] == chosen]
    if not chosen:
        return None
    summaries = [p[len(chosen)] for p in among]
    capital = sum(s[:1].isupper() for s in summaries) * 2 > len(summaries)
    return Prefix(": ".join(chosen) + ":", capital)


def from_paths(paths: Sequence[str]) -> Prefix:
    """The prefix that the table has for most of `paths`; of several, the first."""
    counts = Counter(_from_path(path) for path in paths)
    best = counts.most_common(1)[0][0]
    if len(counts) > 1:
        best = Prefix(_shared([prefix.text for prefix in counts]) or best.text, best.capital)
    return best


def _shared(texts: Sequence[str]) -> str:
    """The common part of prefixes: the name that all of them end with, or else a common beginning:
    whole parts, or the text before a slash."""
    names = {re.split(r"/|: ", text)[-1] for text in texts}
    if len(names) == 1:
        return names.pop()
    columns = zip(*(text.rstrip(":").split(": ") for text in texts), strict=False)
    common = [c[0] for c in takewhile(lambda column: len(set(column)) == 1, columns)]
    heads = {text.split("/")[0] for text in texts}
    if not common and len(heads) == 1:
        common = [heads.pop().rstrip(":")]
    return ": ".join(common) + ":" if common else ""


def _history(tree: Tree, paths: Sequence[str]) -> list[str]:
    outcome = git_run(
        ["log", "--no-merges", f"-n{_LEARN_FROM}", "--format=%s", tree.commit, "--", *paths],
        cwd=tree.root,
        env={"GIT_LITERAL_PATHSPECS": "1", "GIT_NO_LAZY_FETCH": "1"},
        timeout=_TIME_LIMIT,
    )
    if not isinstance(outcome, Finished | TimedOut):
        return []
    return outcome.stdout.decode("utf-8", "replace").splitlines()


def _parts(subject: str) -> tuple[str, ...]:
    """The parts of `subject` before its colons, and the summary as the last one."""
    rest = re.sub(r"\A(\[[^\]]*\]\s*)+", "", subject)
    found: list[str] = []
    while (split := rest.partition(": "))[1] and _PART.match(split[0]):
        if split[0].lower() in _NOT_A_PREFIX:
            break
        found.append(split[0])
        rest = split[2].strip()
    return (*found, rest) if found else ()


@cache
def _table() -> tuple[tuple[PurePosixPath, str], ...]:
    rows = []
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            folder, form = line.split(None, 1)
            rows.append((PurePosixPath(folder), form.strip()))
    # The longest first; of the same length, the one without a wildcard.
    return tuple(sorted(rows, key=lambda row: (-len(row[0].parts), "*" in str(row[0]))))


def _from_path(path: str) -> Prefix:
    pure = PurePosixPath(path)
    for folder, form in _table():
        depth = len(folder.parts)
        if len(pure.parts) > depth and fnmatchcase("/".join(pure.parts[:depth]), str(folder)):
            return Prefix(_fill(form.removesuffix(" ^"), pure, depth), form.endswith(" ^"))
    return Prefix(f"{pure.parts[0] if len(pure.parts) > 1 else _stem(pure)}:")


def _fill(form: str, path: PurePosixPath, depth: int) -> str:
    below = [part for part in path.parts[depth:-1] if part not in _GROUPING]
    top = path.parts[1] if len(path.parts) > 2 else path.parts[0]
    if depth == 1 and ("{arch}" in form or "{top}" in form) and below[:1] == [top]:
        below = below[1:]
    stem = _stem(path)
    words = {
        "arch": top,
        "top": top,
        "file": stem,
        "next": (below or [stem])[0],
        "last": (below or [stem])[-1],
    }
    return _without_repeats(form.format(**words))


def _stem(path: PurePosixPath) -> str:
    """The name of the file; that of its folder if the file is just called core or main."""
    if path.stem in ("core", "main") and len(path.parts) > 2:
        return path.parts[-2]
    return path.stem


def _without_repeats(text: str) -> str:
    """`a: ab-c:`, `a: a:` and `a: a_b:` are `a: ab-c:`, `a:` and `a:`."""
    parts = text.rstrip(":").split(": ")
    kept = [p for n, p in enumerate(parts) if n == 0 or not _repeats(p, parts[n - 1])]
    return ": ".join(kept) + (":" if text.endswith(":") else "")


def _repeats(part: str, before: str) -> bool:
    return part == before or part.startswith(f"{before}_")
