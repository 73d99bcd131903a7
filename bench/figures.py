# SPDX-License-Identifier: GPL-2.0-only
"""Figures in documents: which of them are of other code than today's, and how they are made anew.

    python -m bench.figures                              list them
    python -m bench.figures --anew NAME... [--trees LINUX...]
                                                         run the commands that make them, or `all`

Each section that a bench wrote carries the ids of the parts of the project that it measures
(bench/measured.py), each run of docs/tested.json as well. One is stale when a part has another id
in HEAD. What needs a quiet machine, or a kernel, says so.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measured import FIGURES, ROOT, Figures, from_text, marks, named, other_parts
from scripts.tested import PARTS, read

SECTION = re.compile(r"<!-- (\S.*?) wrote this: begin -->")
_ONE, _ALL = "LINUX", "LINUX..."
"""What stands for the first of the trees in a command, and for all of them."""


@dataclass(frozen=True)
class Stale:
    """A section, or a run, whose figures are of other code: `parts` are what is different."""

    section: str
    document: str
    parts: tuple[str, ...]
    command: str
    takes: str

    def lines(self) -> Iterator[str]:
        yield f"{self.section}, in {self.document}: {', '.join(self.parts)}"
        yield f"    {self.takes}: {self.command}"


def sections(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each section of a document with the ids that it carries, none for one without."""
    recorded = marks(text)
    for section in SECTION.findall(text):
        yield section, recorded.get(section, {})
    yield from ((name, ids) for name, ids in recorded.items() if name == "bench.redo")


def stale() -> Iterator[Stale]:
    """All that is stale, or was never measured, in the order of FIGURES."""
    for document in dict.fromkeys(figures.document for figures in FIGURES):
        found = dict(sections((ROOT / document).read_text(encoding="utf-8")))
        for figures in (one for one in FIGURES if one.document == document):
            mine = {s: ids for s, ids in found.items() if _is_of(s, figures)}
            for section, ids in mine.items() or [(figures.name, {})]:
                if parts := other_parts(ids, figures.parts):
                    yield Stale(section, document, tuple(parts), figures.command, _takes(figures))
    for run in read():
        if parts := other_parts(from_text(run.measured), PARTS[run.target]):
            where = f"scripts.tested, {run.target} on {run.system}"
            command = f"python -m scripts.tested {run.target}"
            yield Stale(where, "README.md", tuple(parts), command, f"on {run.system}")


def _is_of(section: str, figures: Figures) -> bool:
    try:
        return named(section) is figures
    except KeyError:
        return False


def _takes(figures: Figures) -> str:
    return f"{figures.takes}, quiet machine" if figures.quiet else figures.takes


def argv_of(figures: Figures, trees: Sequence[str]) -> list[str] | None:
    """The command with `trees` in its place; None when it needs what nobody has named."""
    words: list[str] = []
    for word in shlex.split(figures.arguments):
        if word in (_ONE, _ALL):
            if not trees:
                return None
            words += trees if word == _ALL else trees[:1]
        elif word.isupper() and not word.startswith("-"):
            return None
        else:
            words.append(word)
    return [sys.executable, "-m", figures.name.split()[0], *words]


def make_anew(names: Sequence[str], trees: Sequence[str]) -> int:
    """Run the commands of `names`, one after the other; how many of them did not end well."""
    bad = 0
    for figures in (named(name) for name in names):
        argv = argv_of(figures, trees)
        if argv is None:
            print(f"To be typed, with what it needs: {figures.command}", flush=True)
            bad += 1
            continue
        print(f"{figures.command}  ({_takes(figures)})", flush=True)
        bad += subprocess.run(argv, cwd=ROOT, check=False).returncode != 0
    return bad


def main() -> int:
    arguments = _arguments()
    found = list(stale())
    if not arguments.anew:
        for one in found:
            print("\n".join(one.lines()))
        print(f"{len(found)} are stale." if found else "None is stale.")
        return 0
    names = [one.section for one in found if not one.section.startswith("scripts.tested")]
    if "all" not in arguments.anew:
        names = arguments.anew
    keys = dict.fromkeys(named(name).name for name in names)
    return 1 if make_anew(list(keys), [str(p.resolve()) for p in arguments.trees]) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    known = [figures.name for figures in FIGURES]
    parser.add_argument("--anew", nargs="+", metavar="NAME", choices=[*known, "all"], default=[])
    parser.add_argument("--trees", nargs="+", type=Path, default=[], help="checkouts of kernels")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
