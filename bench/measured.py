# SPDX-License-Identifier: GPL-2.0-only
"""Every section of a document that a bench writes, and which parts of the project its figures are
of.

A section carries the ids of the git objects of these parts, those of trees for folders. It is stale
when a part has another one today: `make figures` lists such sections.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base.stores.git import git_output

ROOT = Path(__file__).resolve().parents[1]
_DIGITS = 12
_MARK = re.compile(r"<!-- (\S.*?) measured (.+?), with: (.+?) -->")
_PART = re.compile(rf"(\S+) ([0-9a-f]{{{_DIGITS}}})")
_BUILDS = ("migrate/base", "migrate/delivery/builds", "migrate/delivery/compile", "migrate/kernel")
_READERS = ("migrate/analysis", "migrate/base", "migrate/kernel", "migrate/rewrite")


@dataclass(frozen=True)
class Figures:
    """What one command writes into `document`.

    `name` begins the marks of its section, or of each of its sections; `parts` are the paths that
    it measures, the program's and those of what it gives to it; `arguments` are to be typed after
    the module, with LINUX for a checkout; `takes` says for how long. `quiet`: what it measures
    means nothing on a machine with other work.
    """

    name: str
    document: str
    parts: tuple[str, ...]
    arguments: str
    takes: str
    quiet: bool = False

    @property
    def command(self) -> str:
        """As it is typed."""
        words = [f"python -m {self.name.split()[0]}", self.arguments]
        return " ".join(word for word in words if word)


FIGURES = (
    Figures(
        "bench.redo",
        "docs/accuracy.md",
        ("migrate/analysis", "migrate/kernel", "migrate/rewrite", "cocci", "bench/unpin.py"),
        "LINUX --record docs/accuracy.md",
        "two minutes",
    ),
    Figures(
        "bench.later",
        "docs/accuracy.md",
        ("migrate/analysis", "migrate/kernel", "bench/later-5.3.toml"),
        "LINUX --record docs/accuracy.md",
        "two minutes",
    ),
    Figures(
        "bench.boundaries",
        "docs/accuracy.md",
        ("migrate/analysis", "migrate/kernel", "bench/later-5.3.toml"),
        "LINUX... --record docs/accuracy.md",
        "ten minutes a kernel",
    ),
    Figures(
        "bench.modules",
        "docs/accuracy.md",
        ("migrate/analysis", "migrate/kernel", "bench/modules.toml"),
        "LINUX FOLDER --record docs/accuracy.md",
        "three minutes",
    ),
    Figures(
        "bench.scan",
        "docs/performance.md",
        ("migrate/analysis", "migrate/base", "migrate/kernel", "migrate/runs", "cocci/facts"),
        "LINUX --times 1 2 4 --record docs/performance.md",
        "ten minutes",
        quiet=True,
    ),
    Figures(
        "bench.build",
        "docs/performance.md",
        _BUILDS,
        "LINUX --record docs/performance.md",
        "hours",
        quiet=True,
    ),
    Figures(
        "bench.report",
        "docs/performance.md",
        ("migrate/delivery/report", "migrate/delivery/templates"),
        "REPORT.JSON --record docs/performance.md",
        "a minute",
        quiet=True,
    ),
    Figures(
        "bench.room",
        "docs/performance.md",
        ("migrate", "cocci"),
        "LINUX --arch parisc --record docs/performance.md",
        "five minutes",
    ),
    Figures(
        "bench.left",
        "docs/left.md",
        ("migrate/analysis", "migrate/kernel", "migrate/rewrite", "cocci"),
        "LINUX... --record docs/left.md",
        "five minutes a kernel",
    ),
    Figures(
        "bench.turned_back",
        "docs/left.md",
        ("migrate/analysis", "migrate/kernel", "migrate/rewrite", "cocci", "bench/turned_back.py"),
        "LINUX --record docs/left.md",
        "a minute",
    ),
    Figures(
        "bench.share",
        "docs/performance.md",
        ("migrate/analysis", "migrate/base", "migrate/delivery", "migrate/rewrite", "cocci"),
        "LINUX... --jobs 8 --record docs/performance.md",
        "two minutes a kernel",
        quiet=True,
    ),
    Figures(
        "bench.faults",
        "docs/faults.md",
        ("migrate", "cocci", "kernel-fixtures/mini"),
        "--kills 200 --chain 5 --record docs/faults.md",
        "a quarter of an hour",
    ),
    Figures(
        "bench.faults --tree",
        "docs/faults.md",
        ("migrate", "cocci"),
        "--tree LINUX --arch parisc --kills 10 --chain 5 --record docs/faults.md",
        "ten minutes",
    ),
    Figures(
        "bench.hostile",
        "docs/faults.md",
        (*_READERS, "cocci"),
        "--record docs/faults.md",
        "an hour",
        quiet=True,
    ),
    Figures(
        "bench.examples",
        "docs/testing.md",
        (*_READERS, "migrate/delivery", "tests/faults/readers.py"),
        "--record docs/testing.md",
        "a quarter of an hour",
    ),
    Figures(
        "bench.fuzz",
        "docs/testing.md",
        ("migrate/analysis", "migrate/base", "migrate/kernel", "tests/faults/readers.py"),
        "--record docs/testing.md",
        "twenty minutes; make fuzz installs what it needs",
    ),
    Figures(
        "bench.recall",
        "docs/audit.md",
        ("migrate/analysis", "tests/regressions"),
        "--record docs/audit.md",
        "ten seconds",
    ),
    Figures(
        "bench.history",
        "docs/audit-history.md",
        ("migrate/analysis", "bench/history.py", "bench/history.toml"),
        "OLDER NEWER --record docs/audit-history.md",
        "as long as an audit of the older kernel, for each pair of them",
    ),
    Figures(
        "bench.gate",
        "docs/audit-in-ci.md",
        ("migrate/analysis", "migrate/base", "migrate/cli", "migrate/kernel", "cocci/facts"),
        "LINUX --record docs/audit-in-ci.md",
        "five minutes",
    ),
    Figures(
        "bench.mutants",
        "docs/testing.md",
        ("migrate/analysis", "migrate/rewrite/text/check.py", "tests/analysis", "tests/rewrite"),
        "--record docs/testing.md",
        "half an hour",
    ),
    Figures(
        "bench.kernels",
        "docs/build-routing.md",
        (*_BUILDS, "migrate/analysis", "migrate/rewrite", "cocci"),
        "LINUX... --record docs/build-routing.md",
        "minutes to an hour a kernel",
    ),
    Figures(
        "bench.unbuildable",
        "docs/build-routing.md",
        (*_BUILDS, "bench/unbuildable.py"),
        "LINUX --record docs/build-routing.md",
        "as long as scan and pair",
    ),
    Figures(
        "bench.prove",
        "docs/proof.md",
        ("migrate/delivery/proof", "migrate/rewrite", "cocci", "exercises"),
        "LINUX... --record docs/proof.md",
        "half an hour a kernel and profile",
    ),
)


def named(name: str) -> Figures:
    """The figures of a section by its whole name, be it "bench.kernels on SYSTEM"; a KeyError for
    a section that nobody knows."""
    return {figures.name: figures for figures in FIGURES}[name.partition(" on ")[0]]


def object_ids(parts: Sequence[str], revision: str = "HEAD") -> dict[str, str]:
    """The ids of the git objects at `parts` in `revision`, shortened; without parts, and
    revisions, that are not there."""
    argv = ["ls-tree", "-z", f"--abbrev={_DIGITS}", revision, "--", *parts]
    lines = git_output(argv, cwd=ROOT, codes=(0, 128)).decode().split("\0")
    entries = [line.partition("\t") for line in lines if line]
    return {path: about.split()[2][:_DIGITS] for about, _, path in entries}


def changed(parts: Sequence[str]) -> bool:
    """Whether something at `parts` is not as it was committed."""
    argv = ["status", "--porcelain", "--untracked-files=normal", "--", *parts]
    return bool(git_output(argv, cwd=ROOT).strip())


def as_text(ids: Mapping[str, str]) -> str:
    """Ids as a document has them: "cocci 0123456789ab, migrate ..."."""
    return ", ".join(f"{part} {ids[part]}" for part in sorted(ids))


def from_text(text: str) -> dict[str, str]:
    """The ids in what :func:`as_text` made, or in nothing at all."""
    return dict(_PART.findall(text))


def mark(section: str, command: str, ids: Mapping[str, str]) -> str:
    """The comment in a document that says what the figures of a section are of."""
    return f"<!-- {section} measured {as_text(ids)}, with: {command} -->"


def marks(text: str) -> dict[str, dict[str, str]]:
    """The ids of each section in the text of a document."""
    return {section: from_text(ids) for section, ids, _ in _MARK.findall(text)}


def other_parts(recorded: Mapping[str, str], parts: Sequence[str]) -> list[str]:
    """Those of `parts` that are today not what was measured, sorted."""
    today = object_ids(parts)
    return sorted(p for p in parts if p not in today or recorded.get(p) != today[p])
