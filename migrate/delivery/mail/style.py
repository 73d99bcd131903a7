# SPDX-License-Identifier: GPL-2.0-only
"""The findings of the tree's scripts/checkpatch.pl about patches, and which of them are new.

A renaming in a line that was already too long keeps it too long. So every patch is checked twice,
forward and reversed: findings about removed lines are not new. One finding is a question: whether
MAINTAINERS covers a new file; if it does, the finding is answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.base.files.scratch import scratch
from migrate.base.programs import process
from migrate.kernel.people.tree_script import TreeScript

SCRIPT = "scripts/checkpatch.pl"
_OPTIONS = ("--strict", "--terse", "--show-types", "--no-summary", "--no-tree")
_LINE = re.compile(r".*?:(\d+): (ERROR|WARNING|CHECK):([A-Z0-9_]+): (.*)\Z")
_HUNK = re.compile(rb"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")
_NEW_FILE = re.compile(rb"^--- /dev/null\n\+\+\+ b/([^\n\t]+)", re.M)
_ASKS = "FILE_PATH_CHANGES"
NOT_RUN = "scripts of the tree are not run"


@dataclass(frozen=True)
class Finding:
    """One finding: `line` counts from 1 in the patch file, `place` is the line of the patched file,
    "" if there is none; `before` says that the code had it before the patch, `answered` that it is
    a question whose answer is fine."""

    patch: str
    line: int
    severity: str
    kind: str
    text: str
    before: bool
    place: str = ""
    answered: bool = False


@dataclass(frozen=True)
class Unchecked:
    """A patch that the script could not check, and why."""

    patch: str
    why: str


NOTHING_NEW = "No error, warning or check is new."


@dataclass(frozen=True)
class StyleReport:
    """All findings, in the order of the patches."""

    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that the patches introduce."""
        return tuple(f for f in self.findings if not f.before and not f.answered)

    @property
    def serious(self) -> tuple[Finding, ...]:
        """Errors and warnings that the patches introduce, which nobody should send without
        knowing."""
        return tuple(f for f in self.new if f.severity != "CHECK")

    def lines(self) -> tuple[str, ...]:
        """The lines for a cover letter, each without leading and trailing blanks."""
        lines = [f"{f.severity} {f.kind}: {f.text}{_at(f)}" for f in self.new]
        lines += [f"{u.patch} was not checked: {u.why}" for u in self.unchecked]
        return tuple(lines or [NOTHING_NEW])


def together(reports: Iterable[StyleReport]) -> StyleReport:
    """One report of all of `reports`, in their order."""
    found = tuple(reports)
    return StyleReport(
        tuple(finding for report in found for finding in report.findings),
        tuple(unchecked for report in found for unchecked in report.unchecked),
    )


def style_script(worktree: Path) -> TreeScript:
    """The script of the tree in `worktree`, with limits for all calls together."""
    return TreeScript(SCRIPT, worktree)


def check_patches(
    script: TreeScript | None,
    patches: Sequence[tuple[str, bytes]],
    *,
    covered: Callable[[str], bool],
) -> StyleReport:
    """Check `patches`, each a name and its text; `covered` says whether MAINTAINERS covers a new
    file. Without `script` nothing is run and all of them are unchecked."""
    if script is None:
        return StyleReport((), tuple(Unchecked(name, NOT_RUN) for name, _ in patches))
    with scratch("style") as folder:
        paths = [folder / name for name, _ in patches]
        for path, (_, data) in zip(paths, patches, strict=True):
            path.write_bytes(data)
        return _check(script, paths, covered)


def check_style(
    worktree: Path, patches: Sequence[Path], *, covered: Callable[[str], bool] = lambda _: False
) -> StyleReport:
    """Run the script of `worktree` over patch files as git format-patch writes them."""
    return _check(style_script(worktree), patches, covered)


def _check(
    script: TreeScript, patches: Sequence[Path], covered: Callable[[str], bool]
) -> StyleReport:
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    with scratch("style") as folder:
        back = folder / "reversed.patch"
        for patch in patches:
            back.write_bytes(reverse(patch.read_bytes()))
            now, then = (_complaints(script, path) for path in (patch, back))
            if isinstance(now, str) or isinstance(then, str):
                unchecked.append(Unchecked(patch.name, now if isinstance(now, str) else str(then)))
                continue
            fresh = [n.decode("utf-8", "replace") for n in _NEW_FILE.findall(patch.read_bytes())]
            fine = bool(fresh) and all(covered(name) for name in fresh)
            findings += [
                replace(f, answered=fine and f.kind == _ASKS)
                for f in _compare(patch, now, back, then)
            ]
    return StyleReport(tuple(findings), tuple(unchecked))


def reverse(patch: bytes) -> bytes:
    """`patch` reversed line by line: what it added is removed."""
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


def _complaints(script: TreeScript, patch: Path) -> list[_Complaint] | str:
    # A .checkpatch.conf of the user would change the result; 1 means that there are findings.
    outcome = script.run(
        [*_OPTIONS, str(patch.resolve())], good=(0, 1), env={"HOME": "/nonexistent"}
    )
    if isinstance(outcome, str):
        return outcome
    lines = outcome.stdout.decode("utf-8", "replace").splitlines()
    found = [m for line in lines if (m := _LINE.match(line))]
    if outcome.code == 1 and not found:
        return f"{SCRIPT}: {process.describe(outcome)}"
    return [_Complaint(int(m[1]), m[2], m[3], m[4]) for m in found]


def _at(finding: Finding) -> str:
    return f" ({finding.place})" if finding.place else ""


def _compare(
    patch: Path, now: Sequence[_Complaint], back: Path, then: Sequence[_Complaint]
) -> list[Finding]:
    """Mark those of `now` for which `then` has one of the same kind in the same hunk."""
    hunks, old_hunks = _lines(patch.read_bytes()), _lines(back.read_bytes())
    old = Counter((c.kind, old_hunks.get(c.line, _OUTSIDE).hunk) for c in then)
    findings = []
    for complaint in now:
        where = hunks.get(complaint.line, _OUTSIDE)
        key = (complaint.kind, where.hunk)
        before = key[1] > 0 and old[key] > 0
        old[key] -= before
        facts = (complaint.line, complaint.severity, complaint.kind, complaint.text)
        findings.append(Finding(patch.name, *facts, before, where.place))
    return findings


@dataclass(frozen=True)
class _Where:
    """A line of a patch: the number of its hunk, from 1, and the line in the new file."""

    hunk: int
    place: str


_OUTSIDE = _Where(0, "")


def _lines(patch: bytes) -> Mapping[int, _Where]:
    """The position of each line of `patch` that is in a hunk, by its number from 1."""
    found, hunk, inside, path, at = {}, 0, False, "", 0
    for number, line in enumerate(patch.split(b"\n"), start=1):
        if header := _HUNK.match(line):
            hunk, inside, at = hunk + 1, True, int(header[3]) - 1
        elif line.startswith(b"diff --git "):
            inside = False
        elif not inside and line.startswith(b"+++ b/"):
            path = line[6:].rstrip(b"\t").decode("utf-8", "replace")
        elif inside and line[:1] in (b"+", b" "):
            at += 1
        if inside:
            found[number] = _Where(hunk, f"{path}:{at}" if at and path else "")
    return found
