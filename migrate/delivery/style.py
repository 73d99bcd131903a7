# SPDX-License-Identifier: GPL-2.0-only
"""What the tree's scripts/checkpatch.pl says about patches, and which of it is new.

A rename inside a line that was too long before leaves it too long. So every patch is checked
twice, forward and reversed: what it says about a removed line was there before.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base import process

SCRIPT = "scripts/checkpatch.pl"
_OPTIONS = ("--strict", "--terse", "--show-types", "--no-summary", "--no-tree")
_TIME_LIMIT = 120.0
"""Seconds for one patch, which takes less than one."""

_LINE = re.compile(r".*?:(\d+): (ERROR|WARNING|CHECK):([A-Z0-9_]+): (.*)\Z")
_HUNK = re.compile(rb"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")


@dataclass(frozen=True)
class Finding:
    """One complaint: `line` counts from 1 in the patch file; `before` says that the code had it
    before the patch."""

    patch: str
    line: int
    severity: str
    kind: str
    text: str
    before: bool


@dataclass(frozen=True)
class Unchecked:
    """A patch that the script could not check, and why."""

    patch: str
    why: str


@dataclass(frozen=True)
class StyleReport:
    """All findings, in the order of the patches."""

    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def new(self) -> tuple[Finding, ...]:
        """What the patches bring in."""
        return tuple(finding for finding in self.findings if not finding.before)


def check_style(worktree: Path, patches: Sequence[Path]) -> StyleReport:
    """Run the script of `worktree` over patch files as git format-patch writes them."""
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    with tempfile.TemporaryDirectory(prefix="gup-migrate-style-") as folder:
        back = Path(folder) / "reversed.patch"
        for patch in patches:
            back.write_bytes(reverse(patch.read_bytes()))
            now, then = (_complaints(worktree, path) for path in (patch, back))
            if isinstance(now, str) or isinstance(then, str):
                unchecked.append(Unchecked(patch.name, now if isinstance(now, str) else str(then)))
                continue
            findings += _compare(patch, now, back, then)
    return StyleReport(tuple(findings), tuple(unchecked))


def reverse(patch: bytes) -> bytes:
    """`patch` the other way round, line for line: what it added is removed."""
    lines, block = [], list[bytes]()

    def flush() -> None:
        # Removed lines come before added ones.
        lines.extend(sorted(block, key=lambda line: line[:1] == b"+"))
        block.clear()

    in_hunk = False
    for line in patch.split(b"\n"):
        if found := _HUNK.match(line):
            flush()
            in_hunk = True
            old, new = found[1] + (found[2] or b""), found[3] + (found[4] or b"")
            line = b"@@ -" + new + b" +" + old + b" @@" + line[found.end() :]
        elif line.startswith(b"diff --git "):
            in_hunk = False
        if in_hunk and line[:1] in (b"+", b"-"):
            block.append((b"-" if line[:1] == b"+" else b"+") + line[1:])
            continue
        flush()
        lines.append(line)
    flush()
    return b"\n".join(lines)


@dataclass(frozen=True)
class _Complaint:
    line: int
    severity: str
    kind: str
    text: str


def _complaints(worktree: Path, patch: Path) -> list[_Complaint] | str:
    argv = ["perl", SCRIPT, *_OPTIONS, str(patch.resolve())]
    # A .checkpatch.conf of the user's would change the answer.
    outcome = process.run(argv, cwd=worktree, timeout=_TIME_LIMIT, env={"HOME": "/nonexistent"})
    # The exit code is 1 when there are findings.
    if not isinstance(outcome, process.Finished) or outcome.code not in (0, 1):
        return f"{SCRIPT}: {process.describe(outcome)}"
    lines = outcome.stdout.decode("utf-8", "replace").splitlines()
    found = [m for line in lines if (m := _LINE.match(line))]
    if outcome.code == 1 and not found:
        return f"{SCRIPT}: {process.describe(outcome)}"
    return [_Complaint(int(m[1]), m[2], m[3], m[4]) for m in found]


def _compare(
    patch: Path, now: Sequence[_Complaint], back: Path, then: Sequence[_Complaint]
) -> list[Finding]:
    """Mark those of `now` that have one of the same kind in the same hunk in `then`."""
    hunks, old_hunks = _hunk_of_lines(patch.read_bytes()), _hunk_of_lines(back.read_bytes())
    old = Counter((c.kind, old_hunks.get(c.line, 0)) for c in then)
    findings = []
    for complaint in now:
        key = (complaint.kind, hunks.get(complaint.line, 0))
        before = key[1] > 0 and old[key] > 0
        old[key] -= before
        findings.append(
            Finding(
                patch.name,
                complaint.line,
                complaint.severity,
                complaint.kind,
                complaint.text,
                before,
            )
        )
    return findings


def _hunk_of_lines(patch: bytes) -> dict[int, int]:
    """The number of the hunk, from 1, of each line of a patch that is in one."""
    found, hunk, inside = {}, 0, False
    for number, line in enumerate(patch.split(b"\n"), start=1):
        if _HUNK.match(line):
            hunk, inside = hunk + 1, True
        elif line.startswith(b"diff --git "):
            inside = False
        if inside:
            found[number] = hunk
    return found
