# SPDX-License-Identifier: GPL-2.0-only
"""Every reader of what somebody else wrote, with thousands of spoiled samples; see docs/testing.md.

    python -m bench.examples [--count 10000] [--only NAME] [--record docs/testing.md]

They are those of tests/faults/readers.py, spoiled by hypothesis as tests/faults/test_parsers.py
does it, and new ones in each run. A sample must be read, or refused in one line; what a reader
stumbles over is shown, and belongs into FOUND_BY_FUZZING of readers.py. The exit code is 0 when
there was nothing of the kind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings

from bench.record import add_record, show
from tests.faults.readers import READERS
from tests.faults.test_parsers import is_read, spoiled


@dataclass(frozen=True)
class Row:
    """One reader: how many samples it got, how many of them it read, and the seconds of all; what
    it stumbled over, or ""."""

    name: str
    samples: int
    read: int
    seconds: float
    failure: str


def try_reader(name: str, count: int) -> Row:
    """Give `count` samples to a reader; after a failure fewer."""
    reader = READERS[name]
    answers: list[bool] = []

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=False,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(spoiled(reader.sample))
    def check(data: bytes) -> None:
        answers.append(is_read(reader, data))

    start = time.process_time()
    failure = ""
    try:
        check()
    except Exception as error:  # whatever it is, it is the result
        failure = "\n".join([repr(error), *getattr(error, "__notes__", [])])
    return Row(name, len(answers), sum(answers), time.process_time() - start, failure)


def table(rows: Sequence[Row]) -> list[str]:
    """The rows as Markdown, failures below."""
    lines = ["| reader | samples | read | refused | CPU s |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {r.name} | {r.samples} | {r.read} | {r.samples - r.read} | {r.seconds:.0f} |"
        for r in rows
    ]
    failures = [f"    {r.name}: {line}" for r in rows for line in r.failure.splitlines()]
    return [*lines, "", f"{sum(bool(r.failure) for r in rows)} failures.", *failures]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=10_000, help="samples of each reader")
    parser.add_argument("--only", help="readers with this in their name")
    add_record(parser, "bench.examples")
    arguments = parser.parse_args()
    rows = []
    for name in READERS:
        if arguments.only is None or arguments.only in name:
            rows.append(try_reader(name, arguments.count))
            print(rows[-1], flush=True)
    lines = table(rows)
    show(lines, arguments.record)
    return 1 if any(row.failure for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
