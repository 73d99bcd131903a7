# SPDX-License-Identifier: GPL-2.0-only
"""Where the targets of make were run, when, and how that ended: docs/tested.json and README.md.

    python -m scripts.tested demo test      run `make demo` and `make test`, and write that down
    python -m scripts.tested --add FILE     write down what FILE says, from another machine
    python -m scripts.tested                write README.md anew from docs/tested.json

A run is of a commit: with changes that are not committed nothing is written down.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.measured import as_text, object_ids
from bench.record import record

PROJECT = Path(__file__).resolve().parents[1]
RECORD = PROJECT / "docs" / "tested.json"
README = PROJECT / "README.md"
_CODE = ("Makefile", "cocci", "exercises", "migrate", "requirements.txt", "scripts")
PARTS = {
    "demo": (*_CODE, "kernel-fixtures/mini"),
    "test": (*_CODE, "bench", "examples", "kernel-fixtures", "tests"),
    "browser-test": ("migrate/delivery", "requirements.txt", "tests/browser"),
    "kernel-test": (*_CODE, "tests/kernel"),
}
"""What a target is a run of."""

TARGETS = tuple(PARTS)
_CLOSING = re.compile(r"^=+ (.*\b(?:passed|failed|error)\b.*) in [\d.]+s.*=+$")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, order=True)
class Trial:
    """One target on one machine; `ended` is what pytest says at the end, if it ran, `measured` the
    ids of what it is a run of in `commit`, as bench/measured.py writes them."""

    system: str
    target: str
    python: str
    gcc: str
    make: str
    coccinelle: str
    commit: str
    date: str
    passed: bool
    ended: str
    measured: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Of two with the same key, the later one counts."""
        return self.system, self.target, ".".join(self.python.split(".")[:2])


def read(path: Path = RECORD) -> list[Trial]:
    return [Trial(**entry) for entry in json.loads(path.read_text("utf-8"))]


def with_ids(entry: Trial) -> Trial:
    """The same with the ids of what it is a run of, if its commit is known here."""
    if entry.measured:
        return entry
    return replace(entry, measured=as_text(object_ids(PARTS[entry.target], entry.commit)))


def merged(old: Iterable[Trial], new: Iterable[Trial]) -> list[Trial]:
    """All of both, sorted, without those that were run again since."""
    found = {entry.key: entry for entry in old}
    for entry in new:
        if entry.key not in found or found[entry.key].date <= entry.date:
            found[entry.key] = entry
    return sorted(found.values())


def table(records: Iterable[Trial]) -> list[str]:
    """That of README.md: a line for each system and Python."""
    rows: dict[tuple[str, str], list[Trial]] = {}
    for entry in records:
        rows.setdefault((entry.system, entry.key[2]), []).append(entry)
    lines = [
        "| tested on | Python, gcc, make, Coccinelle | `make` with, and when |",
        "| --- | --- | --- |",
    ]
    for (system, _), entries in sorted(rows.items()):
        entries.sort(key=lambda entry: TARGETS.index(entry.target))
        last = max(entries, key=lambda entry: entry.date)
        versions = ", ".join((last.python, last.gcc, last.make, last.coccinelle))
        ends = "; ".join(_end(entry) for entry in entries)
        lines.append(f"| {system} | {versions} | {ends} |")
    return lines


def _end(entry: Trial) -> str:
    ended = f" ({entry.ended})" if entry.ended else ""
    how = "" if entry.passed else " **failed**"
    return f"`{entry.target}`{how} {entry.date}{ended}"


def run(target: str, project: Path = PROJECT) -> Trial:
    """Run one target, with its output on the terminal."""
    ended = ""
    with subprocess.Popen(
        ["make", target], cwd=project, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        for line in child.stdout or ():
            print(line, end="", flush=True)
            if found := _CLOSING.match(line):
                ended = found[1]
    return Trial(
        system=_system(),
        target=target,
        python=platform.python_version(),
        gcc=_said("gcc", "-dumpfullversion"),
        make=_said("make", "--version"),
        coccinelle=_said("spatch", "--version"),
        commit=_git(project, "rev-parse", "--short=12", "HEAD"),
        date=datetime.now(UTC).date().isoformat(),
        passed=child.returncode == 0,
        ended=ended,
    )


def _system() -> str:
    said = platform.freedesktop_os_release()
    return re.sub(r" GNU/Linux| LTS| \(.*\)", "", said["PRETTY_NAME"])


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _VERSION.search(done.stdout)
    return found[0] if found else "?"


def _git(project: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=project, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main(words: list[str]) -> int:
    records = read()
    if words[:1] == ["--add"]:
        new = [entry for name in words[1:] for entry in read(Path(name))]
    else:
        strange = [word for word in words if word not in TARGETS]
        if strange:
            raise SystemExit(f"{strange[0]} is none of {', '.join(TARGETS)}.")
        ours = (f":!{path.relative_to(PROJECT)}" for path in (RECORD, README))
        if words and _git(PROJECT, "status", "--porcelain", "--", ".", *ours):
            raise SystemExit("Commit first: what is written down is about a commit.")
        new = [run(word) for word in words]
    records = merged(records, [with_ids(entry) for entry in new])
    text = json.dumps([asdict(entry) for entry in records], indent=1)
    RECORD.write_text(text + "\n", "utf-8")
    record(README, "scripts.tested", table(records))
    return 0 if all(entry.passed for entry in new) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
