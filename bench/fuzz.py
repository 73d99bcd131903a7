# SPDX-License-Identifier: GPL-2.0-only
"""Lets atheris look for input that a reader cannot take, led by what of the code it reaches.

    python -m bench.fuzz [READER...] [--seconds 600] [--record docs/testing.md]

READER is a name in tests/faults/readers.py; without one, "MAINTAINERS" and "C", the facts of one
file. Each is given its sample and what it once stumbled over to begin with. A reader fails when
anything but a refusal comes out of it, or when one input keeps it busy for a minute. What it
failed on is printed, and belongs into FOUND_BY_FUZZING there. The exit code is 0 when nothing was.

atheris is not among the packages for `make test`: `make fuzz` installs it.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.record import add_record

_PATIENCE = 60
"""Seconds for one input."""

_DONE = re.compile(rb"Done (\d+) runs")
_REACHED = re.compile(rb"cov: (\d+) ft: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """One reader: inputs that it was given, places in the code that they reached, and what it
    failed on."""

    reader: str
    seconds: int
    inputs: int
    places: int
    failures: tuple[bytes, ...]

    def line(self) -> str:
        found = f"{len(self.failures)} failures"
        return (
            f"{self.reader}: {self.seconds} s, {self.inputs} inputs, {self.places} places, {found}"
        )


def fuzz(reader: str, seconds: int) -> Fuzzed:
    """Run one reader in a process of its own: atheris ends the one that it is in."""
    with tempfile.TemporaryDirectory(prefix="bench-fuzz-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "bench.fuzz",
                "--within",
                name,
                "--seconds",
                str(seconds),
                reader,
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        failures = [p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()]
    runs, reached = _DONE.findall(done.stderr), _REACHED.findall(done.stderr)
    if done.returncode and not failures:
        sys.exit(done.stderr.decode("utf-8", "replace"))
    for data in failures:
        print(f"{reader} fails on {data!r}", flush=True)
        print(done.stderr.decode("utf-8", "replace")[-3000:], flush=True)
    return Fuzzed(
        reader,
        seconds,
        int(runs[-1]) if runs else 0,
        int(reached[-1][0]) if reached else 0,
        tuple(failures),
    )


def _within(folder: Path, name: str, seconds: int) -> None:
    """Never comes back."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["migrate"]):
        from migrate.base.errors import Refusal
        from tests.faults.readers import FOUND_BY_FUZZING, READERS

    reader = READERS[name]
    for number, data in enumerate((reader.sample, *FOUND_BY_FUZZING.get(name, ()))):
        (folder / "corpus" / str(number)).write_bytes(data)
    with tempfile.TemporaryDirectory() as scratch:

        def one(data: bytes) -> None:
            with suppress(Refusal):
                reader.read(data, Path(scratch))

        limits = [f"-max_total_time={seconds}", f"-timeout={_PATIENCE}", "-max_len=20000"]
        atheris.Setup(
            [sys.argv[0], str(folder / "corpus"), f"-artifact_prefix={folder}/", *limits], one
        )
        atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("readers", nargs="*", default=["MAINTAINERS", "C"], metavar="READER")
    parser.add_argument("--seconds", type=int, default=600)
    add_record(parser, "bench.fuzz")
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.within:
        _within(arguments.within, arguments.readers[0], arguments.seconds)
    done = [fuzz(reader, arguments.seconds) for reader in arguments.readers]
    lines = [one.line() for one in done]
    print("\n".join(lines))
    if arguments.record:
        arguments.record.write(["```", *lines, "```"])
    return 1 if any(one.failures for one in done) else 0


if __name__ == "__main__":
    sys.exit(main())
