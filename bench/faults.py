# SPDX-License-Identifier: GPL-2.0-only
"""Kills `gup-migrate run` at random moments, starts it again, and looks for any difference.

    python -m bench.faults [--kills 200] [--chain N] [--interrupts N] [--minutes N] [--seed N]
        [--tree LINUX] [--arch ARCH] [--scratch DIR] [--record docs/faults.md]

Without LINUX on the miniature kernel. First comes one run that nobody disturbs. Then each trial
takes a checkout of its own, kills a run somewhere between its start and the time that the first
one took, and starts it again; with --chain N that one is killed as well, up to N kills, before one
may end. A run that ended before its kill counts as none, and ends the chain. It takes turns: only
the run is killed; the reaper is killed together with it, as when somebody kills all he can see; all
programs of the run stop in one moment, as when the power fails. With an ARCH that no compiler is
installed for, nothing is compiled, which makes hours of a real kernel minutes. How long a run takes
is measured anew every now and then, with the same result as the first time.

Counted are trials whose branch, series or report differs in one byte from those of the first run;
changes outside of the workspace, of the branch, of git's object store and of ccache's folder,
after each kill and at the end; and leftovers: processes, lock files, temporary files, half-written
files. The exit code is 0 when all three are none.

Last come interrupts, as by Ctrl-C: a run gets one at a random moment and is started again until it
has had all of them. Measured is the time until it ends, which may be two seconds; it must say how
to go on, and leave no program running.
"""

from __future__ import annotations

import argparse
import math
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.interrupts import Interrupt, ends, interrupt
from bench.kills import Reference, Trial, draw, trial, undisturbed
from bench.record import add_record
from tests.end_to_end.world import World, copy_program, make_world

_TRIALS_OF_ONE_PACE = 6


@dataclass
class Bench:
    """The trials of one command, each in a folder of its own below `folder`."""

    folder: Path
    tree: Path | None
    options: Sequence[str]
    rng: random.Random

    def __post_init__(self) -> None:
        self.code = copy_program(self.folder / "code")
        self.trials: list[Trial] = []
        self.reference = self._undisturbed()
        self.paces = [self.reference.seconds]

    @property
    def hits(self) -> int:
        return sum(len(t.kills) for t in self.trials)

    def kill(self, kills: int, chain: int) -> Trial:
        """One more trial, with no more than `kills` kills in it."""
        number = len(self.trials)
        if number and number % _TRIALS_OF_ONE_PACE == 0:
            again = self._undisturbed()
            assert (again.tip, again.files) == (self.reference.tip, self.reference.files)
            self.paces.append(again.seconds)
        kills_now = draw(self.rng, self.paces[-1], self.hits, min(kills - self.hits, chain))
        with self._world(f"trial-{number}") as world:
            self.trials.append(trial(world, self.reference, kills_now, self.options))
        return self.trials[-1]

    def interrupts(self, count: int) -> list[Interrupt]:
        """`count` interrupts of runs, each of which goes on where the one before was."""
        found: list[Interrupt] = []
        while len(found) < count:
            with self._world(f"interrupted-{len(found)}") as world:
                (world.home / "tmp").mkdir()
                while len(found) < count:
                    one = interrupt(world, self.rng.uniform(0, self.paces[-1] / 3), self.options)
                    if one is None:
                        break
                    found.append(one)
        return found

    def _undisturbed(self) -> Reference:
        with self._world("undisturbed") as world:
            return undisturbed(world, self.options)

    @contextmanager
    def _world(self, name: str) -> Iterator[World]:
        yield _world(self.folder / name, self.code, self.tree)
        shutil.rmtree(self.folder / name)


def main() -> int:
    arguments = _arguments()
    if arguments.scratch:
        arguments.scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-faults-", dir=arguments.scratch))
    options = ["--arch", arguments.arch] if arguments.arch else []
    until = time.monotonic() + 60 * arguments.minutes
    try:
        bench = Bench(folder, arguments.tree, options, random.Random(arguments.seed))
        while bench.hits < arguments.kills and time.monotonic() < until:
            done = bench.kill(arguments.kills, arguments.chain)
            print(f"{bench.hits:4} kills", end="\n" if done.ok else f"  {done}\n", flush=True)
        interrupts = bench.interrupts(arguments.interrupts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    where = f"Linux {arguments.tree.name}" if arguments.tree else "the miniature kernel"
    where += f", built for {arguments.arch} alone," if arguments.arch else ""
    lines = [f"{where} on {platform.machine()}, seed {arguments.seed}: {_pace(bench.paces)}"]
    lines += [f"  {trial}"[:2000] for trial in bench.trials if not trial.ok]
    lines += [f"  {one}"[:2000] for one in interrupts if not one.ok]
    lines.append(_summary(bench.trials))
    if interrupts:
        lines.append(ends(interrupts))
    print("\n".join(lines))
    if arguments.record:
        command = "bench.faults --tree" if arguments.tree else "bench.faults"
        arguments.record.of(command).write(["```", *lines, "```"])
    return 0 if all([*(t.ok for t in bench.trials), *(i.ok for i in interrupts)]) else 1


def _pace(seconds: Sequence[float]) -> str:
    low, high = f"{min(seconds):.0f}", f"{max(seconds):.0f}"
    return f"a run takes {low} s" if low == high else f"a run takes {low} to {high} s"


def _summary(trials: Sequence[Trial]) -> str:
    kills = sum(len(t.kills) for t in trials)
    same = sum(not t.differences for t in trials)
    outside = sum(len(t.outside) for t in trials)
    leftovers = sum(len(t.leftovers) for t in trials)
    return (
        f"{kills} kills in {len(trials)} trials: {same} identical results,"
        f" {leftovers} leftovers, {outside} changes outside"
    )


def _world(home: Path, code: Path, tree: Path | None) -> World:
    home.mkdir()
    if tree is None:
        return make_world(home, code)
    world = World(home, code)
    world.git("clone", "-q", "--shared", str(tree.resolve()), str(world.tree), cwd=home)
    world.git("config", "user.name", "Kim Tester")
    world.git("config", "user.email", "kim@example.org")
    return world


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--chain", type=int, default=1, help="kills in one trial")
    parser.add_argument("--interrupts", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no trial after that")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16))
    parser.add_argument("--tree", type=Path, help="a git checkout of a kernel, only read")
    parser.add_argument("--arch", help="only this architecture is built")
    parser.add_argument("--scratch", type=Path, help="where to work")
    add_record(parser, "bench.faults")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
