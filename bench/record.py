# SPDX-License-Identifier: GPL-2.0-only
"""Figures of a bench in a document, between marks that name the command: nobody types them."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measured import Figures, changed, mark, named, object_ids

_QUIET = 0.5
"""The load of a machine that does nothing else, at most."""


@dataclass(frozen=True)
class Record:
    """Where a bench writes its figures, with the ids of what it measures, as they were when it
    began."""

    document: Path
    figures: Figures
    ids: Mapping[str, str]

    def mark(self, section: str | None = None) -> str:
        """The line that says what was measured."""
        return mark(section or self.figures.name, self.figures.command, self.ids)

    def of(self, name: str) -> Record:
        """The same for the section `name`, which measures no more."""
        figures = named(name)
        return Record(self.document, figures, {p: self.ids[p] for p in figures.parts})

    def write(self, lines: Sequence[str], section: str | None = None) -> None:
        """Put `lines` into the document, in the place of those before; `section` is for a command
        with several, and begins with its name."""
        record(self.document, section or self.figures.name, [self.mark(section), *lines])


def show(lines: Sequence[str], into: Record | None) -> None:
    """Print `lines`, and write them down where that was asked for."""
    print("\n".join(lines))
    if into is not None:
        into.write(lines)


def add_record(parser: argparse.ArgumentParser, name: str) -> None:
    """Give the parser of the bench `name` the option `--record DOCUMENT`, a :class:`Record`."""
    figures = named(name)
    if figures.quiet:
        parser.epilog = "Needs a quiet machine: what it measures means nothing beside other work."

    def begin(document: str) -> Record:
        return begun(figures, Path(document))

    shown = "a document to write the figures into"
    parser.add_argument("--record", type=begin, metavar="DOCUMENT", help=shown)


def begun(figures: Figures, document: Path) -> Record:
    """A record of what is there now; an ArgumentTypeError when it is not what is committed."""
    if changed(figures.parts):
        raise argparse.ArgumentTypeError(
            f"commit first what you changed in {', '.join(figures.parts)}: figures carry its ids"
        )
    load = os.getloadavg()[0]
    if figures.quiet and load > _QUIET:
        print(f"This needs a quiet machine, and its load is {load:.1f}.", file=sys.stderr)
    return Record(document, figures, object_ids(figures.parts))


def sections(text: str) -> tuple[str, ...]:
    """What benches wrote between their marks in a document, each behind an empty line: for a bench
    that makes all else of it anew."""
    marked = re.compile(r"<!-- (\S.*?) wrote this: begin -->.*?<!-- \1 wrote this: end -->", re.S)
    return tuple(f"\n{found[0]}" for found in marked.finditer(text))


def record(document: Path, command: str, lines: Sequence[str]) -> None:
    """Put `lines` between the marks of `command` in `document`; at its end when it has none."""
    begin, end = f"<!-- {command} wrote this: begin -->", f"<!-- {command} wrote this: end -->"
    section = "\n".join([begin, *lines, end])
    text = document.read_text(encoding="utf-8")
    marked = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if marked.search(text):
        text = marked.sub(lambda _: section, text)
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    document.write_text(text, encoding="utf-8")
