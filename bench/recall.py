# SPDX-License-Identifier: GPL-2.0-only
"""How many of the bugs that people fixed an audit names, and that it says nothing after the fix.

    python -m bench.recall [--record docs/audit.md]

The corpus is tests/regressions/. A third of it, drawn by a hash of the names, is not looked at
while a rule is made; its figures are given apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.record import add_record
from tests.regressions.corpus import CLASSES, Pair, pairs


@dataclass(frozen=True)
class Row:
    """What an audit says of one pair; `seconds` of processor time for both sides."""

    pair: Pair
    named: bool
    silent: bool
    seconds: float


def measured(pair: Pair) -> Row:
    """One pair, audited before and after."""
    start = time.process_time()
    before, after = pair.counted(pair.before), pair.counted(pair.after)
    return Row(pair, pair.is_named(before), not after, time.process_time() - start)


def table(rows: Sequence[Row]) -> list[str]:
    """The figures by class, by rule, and of the drawn third."""
    lines = ["| bugs | pairs | named before | silent after | time |", "| --- " * 5 + "|"]
    for number, what in CLASSES.items():
        lines += _line(f"class {number}: {what}", [r for r in rows if r.pair.number == number])
    for rule in sorted({row.pair.rule for row in rows}):
        lines += _line(f"`{rule}`", [r for r in rows if r.pair.rule == rule])
    lines += _line("the drawn third", [r for r in rows if r.pair.drawn])
    lines += _line("the others", [r for r in rows if not r.pair.drawn])
    lines += _line("all", rows)
    return lines


def _line(what: str, found: Sequence[Row]) -> Iterator[str]:
    if found:
        named = sum(row.named for row in found)
        share = f"{named} ({100 * named // len(found)} %)"
        silent = sum(row.silent for row in found)
        seconds = sum(row.seconds for row in found)
        yield f"| {what} | {len(found)} | {share} | {silent} | {seconds:.1f} s |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_record(parser, "bench.recall")
    args = parser.parse_args()
    rows = [measured(pair) for pair in pairs()]
    lines = table(rows)
    print("\n".join(lines))
    for row in rows:
        if not row.pair.drawn and not (row.named and row.silent):
            print(f"{row.pair.name}: {'named' if row.named else 'missed'}, silent: {row.silent}")
    if args.record:
        args.record.write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
