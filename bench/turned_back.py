# SPDX-License-Identifier: GPL-2.0-only
"""Callers that people moved to iov_iter_extract_pages(): turned back, and asked for again.

    python -m bench.turned_back LINUX [--record docs/left.md]

In a copy of the tree in memory each such call takes plain references again, by
iov_iter_get_pages2(), and what unpins a page drops one; LINUX is only read. Then the profile is
asked which of them it would move. What it would is read by a person; of the others the table has
the reason.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record, show
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.model import Acquire
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.extracted import balance_of
from migrate.rewrite.profile.profiles import MAINLINE, load_profile
from migrate.rewrite.text.tokens import call_at, tokenize

PINS, PLAIN = "iov_iter_extract_pages", "iov_iter_get_pages2"
_ASKED = re.compile(rb"if \(iov_iter_extract_will_pin\(\w+\)\)\s*")
_OTHERS = ("lib/iov_iter.c", "lib/kunit", "lib/tests/", "tools/")
"""Where the function itself is, and its tests."""


@dataclass(frozen=True)
class Caller:
    """One call that was turned back; `reason` says what stops it, "" when it would move."""

    path: str
    function: str
    reason: str


def callers(tree: Tree) -> tuple[Caller, ...]:
    """Each call of the function that pins, turned back and asked about."""
    paths = [p for p in tree.grep([PINS], ["*.c"]) if not p.startswith(_OTHERS)]
    edited = tree.with_files({p: turned_back(p, tree.read(p) or b"") for p in paths})
    profile = load_profile(MAINLINE)
    before, parts = Counterparts(tree, profile), Counterparts(edited, profile)
    moved = {(p, c.function) for p in paths for c in _calls(before, p, PINS)}
    now = [a for path in sorted(paths) for a in _calls(parts, path, PLAIN)]
    acquires = [a for a in now if (a.place.path, a.function) in moved]
    reasons, _ = balance_of(acquires, parts)
    return tuple(Caller(a.place.path, a.function, reasons.get(a.place, "")) for a in acquires)


def turned_back(path: str, text: bytes) -> bytes:
    """The text of a file with plain references in the place of pins."""
    tokens = tokenize(parse(path, text))
    edits = []
    for number, token in enumerate(tokens):
        call = call_at(tokens, number)
        if call is None:
            continue
        given = [text[tokens[a].start : tokens[b - 1].end].decode() for a, b in call.arguments]
        new = _plain(token.text.decode("utf-8", "replace"), given)
        if new:
            edits.append((token.start, tokens[call.close].end, new.encode()))
    for start, end, written in reversed(edits):
        text = text[:start] + written + text[end:]
    return _ASKED.sub(b"", text)


def _plain(name: str, given: list[str]) -> str:
    """A call as it was before people moved it, "" for one that nobody moved."""
    match name, given:
        case "iov_iter_extract_pages", [iterator, pages, most, count, _flags, start]:
            array = pages[1:] if pages.startswith("&") else f"*{pages}"
            return f"{PLAIN}({iterator}, {array}, {most}, {count}, {start})"
        case "unpin_user_page", [page]:
            return f"put_page({page})"
        case "unpin_user_pages", [pages, count]:
            return f"release_pages({pages}, {count})"
    return ""


def _calls(parts: Counterparts, path: str, name: str) -> Iterator[Acquire]:
    source = parts.program.source(path)
    for function in source.functions if source is not None else ():
        for call in parts.program.facts(function).calls:
            if call.name == name:
                yield Acquire(call.place, function.name, call.name, call.sources, (), call.text)


def table(found: tuple[Caller, ...]) -> list[str]:
    """The lines of the document."""
    again = sum(not caller.reason for caller in found)
    lines = [f"{again} of {len(found)} are made again.", "", "| caller | what stops it |"]
    lines += ["| --- | --- |"]
    lines += [f"| {c.path}: {c.function}() | {c.reason or 'nothing'} |" for c in found]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tree", type=Path, metavar="LINUX")
    add_record(parser, "bench.turned_back")
    arguments = parser.parse_args()
    show(table(callers(open_tree(arguments.tree))), arguments.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
