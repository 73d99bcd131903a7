# SPDX-License-Identifier: GPL-2.0-only
"""Kills `gup-migrate run` at random moments, starts it again, and looks for any difference.

    python -m bench.faults [--kills 200] [--chain N] [--minutes N] [--seed N] [--tree LINUX]
        [--arch ARCH] [--scratch DIR] [--record docs/faults.md]

Without LINUX on the miniature kernel. First comes one run that nobody disturbs. Then each trial
takes a checkout of its own, kills a run somewhere between its start and the time that the first
one took, and starts it again; with --chain N that one is killed as well, up to N kills, before one
may end. A run that ended before its kill counts as none, and ends the chain. It takes turns: only
the run is killed; the reaper is killed together with it, as when somebody kills all he can see; all
programs of the run stop in one moment, as when the power fails. With an ARCH that no compiler is
installed for, nothing is compiled, which makes hours of a real kernel minutes.

Counted are trials whose branch, series or report differs in one byte from those of the first run;
changes outside of the workspace, of the branch, of git's object store and of ccache's folder,
after each kill and at the end; and leftovers: processes, lock files, temporary files, half-written
files. The exit code is 0 when all three are none.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.record import record
from migrate.base import reaper
from tests.end_to_end.world import OURS, World, contents, copy_program, make_world, snapshot

PROFILE = "vaddr-pin"
WAYS = ("run", "run and reaper", "power")
_GONE_SECONDS = 20.0
_MOST_SECONDS = 3600.0


@dataclass(frozen=True)
class Reference:
    """What the run that nobody disturbed delivered, and the seconds that it took."""

    tip: str
    files: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Kill:
    """`seconds` after the start of the run, one of :data:`WAYS`."""

    seconds: float
    way: str


@dataclass(frozen=True)
class Trial:
    """What was wrong with one trial."""

    kills: tuple[Kill, ...]
    differences: tuple[str, ...]
    outside: tuple[str, ...]
    leftovers: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not (self.differences or self.outside or self.leftovers)


def undisturbed(world: World, options: Sequence[str] = ()) -> Reference:
    """Run to the end in `world`; an AssertionError when that is not possible at all."""
    start = time.monotonic()
    done = subprocess.run(
        world.command("run", "--profile", PROFILE, *options),
        cwd=world.home,
        env=world.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=_MOST_SECONDS,
    )
    assert done.returncode in (0, 3), done.stderr
    return Reference(_tip(world), contents(world.out(PROFILE)), time.monotonic() - start)


def trial(
    world: World, reference: Reference, kills: Sequence[Kill], options: Sequence[str] = ()
) -> Trial:
    """Kill a run once for each of `kills`, then let one end and look at everything.

    The result has the kills that hit a run; none is tried after one that came too late.
    """
    (world.home / "tmp").mkdir(exist_ok=True)
    before, around = snapshot(world), _around(world)
    outside: list[str] = []
    leftovers: list[str] = []
    hits: list[Kill] = []
    for kill in kills:
        if not _kill(world, kill, options):
            break
        hits.append(kill)
        if kill.way != "run and reaper":
            leftovers += [f"process: {name}" for name in _remaining(world)]
        outside += _changed(before, snapshot(world))
    last = subprocess.run(
        world.command("run", "--profile", PROFILE, *options),
        cwd=world.home,
        env=_environment(world),
        capture_output=True,
        text=True,
        check=False,
        timeout=_MOST_SECONDS,
    )
    differences = [] if last.returncode in (0, 3) else [f"the last run: {last.stderr[-300:]}"]
    if not differences:
        differences = _changed(reference.files, contents(world.out(PROFILE)))
        differences += [] if _tip(world) == reference.tip else ["the tip of the branch"]
    outside += _changed(before, snapshot(world)) + sorted(_around(world) - around)
    leftovers += [f"process: {name}" for name in _remaining(world)]
    leftovers += [str(p.relative_to(world.home)) for p in _litter(world)]
    return Trial(tuple(hits), tuple(differences), tuple(outside), tuple(leftovers))


def _environment(world: World) -> dict[str, str]:
    return world.env | {"TMPDIR": str(world.home / "tmp")}


def _kill(world: World, kill: Kill, options: Sequence[str]) -> bool:
    """Start a run and kill it; False when it ended first."""
    child = subprocess.Popen(
        world.command("run", "--profile", PROFILE, *options),
        cwd=world.home,
        env=_environment(world),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with suppress(subprocess.TimeoutExpired):
        child.wait(kill.seconds)
    if child.returncode is not None:
        return False
    victims = [child.pid]
    if kill.way != "run":
        victims = [*_reapers_of(child.pid), child.pid]
    if kill.way == "power":
        victims = _stopped(world, victims)
    for pid in victims:
        _send(pid, signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def _stopped(world: World, pids: Sequence[int]) -> list[int]:
    """`pids` and all programs of the world, none of which runs on."""
    stopped: list[int] = []
    while fresh := {*pids, *_programs(world)} - set(stopped):
        for pid in fresh:
            _send(pid, signal.SIGSTOP)
        stopped += fresh
    return stopped


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _reapers_of(pid: int) -> list[int]:
    script = os.fsencode(Path(reaper.__file__).name)
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (words := _words(folder / "cmdline"))
        and str(pid).encode() in words
        and any(word.endswith(script) for word in words)
    ]


def _words(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []


def _remaining(world: World) -> list[str]:
    """Programs of this world that still run after some time to end, by their command lines."""
    deadline = time.monotonic() + _GONE_SECONDS
    while found := _programs(world):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    lines = [b" ".join(_words(Path(f"/proc/{pid}/cmdline"))) for pid in found]
    return [line.decode("utf-8", "replace")[:200] for line in lines]


def _programs(world: World) -> list[int]:
    home = os.fsencode(f"HOME={world.home}")
    folders = Path("/proc").glob("[0-9]*")
    return [int(f.name) for f in folders if home in _words(f / "environ")]


def _around(world: World) -> set[str]:
    """What is in the home besides the places that the run may write to.

    Temporary files are leftovers and looked at when all is over.
    """
    caches = {world.home / "cache", world.home / "cache" / "ccache"}
    ours = {world.tree, world.workspace, world.home / "tmp", *caches}
    return {str(p) for p in world.home.rglob("*") if p not in ours and not ours & set(p.parents)}


def _litter(world: World) -> list[Path]:
    ends = (".new", ".lock", "-old", "-new", ".running")
    builds = world.workspace / "builds"
    found = [
        p
        for p in world.workspace.rglob("*")
        if p.name.endswith(ends) and (builds not in p.parents or p.suffix == ".running")
    ]
    git = world.tree / ".git"
    found += [*git.rglob("*.lock"), *git.rglob("tmp_*"), *(git / "worktrees").glob("*")]
    found += (world.home / "tmp").iterdir()
    return found + [p for p in (world.workspace / "scratch",) if p.exists()]


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted({name for name, _ in set(before.items()) ^ set(after.items())})


def _tip(world: World) -> str:
    return world.git("rev-parse", f"{OURS}{PROFILE}")


def main() -> int:
    arguments = _arguments()
    rng = random.Random(arguments.seed)
    folder = Path(tempfile.mkdtemp(prefix="bench-faults-", dir=arguments.scratch))
    lines: list[str] = []

    def say(text: str) -> None:
        print(text, flush=True)
        lines.append(text)

    try:
        code = copy_program(folder / "code")
        options = ["--arch", arguments.arch] if arguments.arch else []
        reference = undisturbed(_world(folder / "first", code, arguments.tree), options)
        name = f"Linux {arguments.tree.name}" if arguments.tree else "the miniature kernel"
        name += f", built for {arguments.arch} alone," if arguments.arch else ""
        took = f"a run takes {reference.seconds:.0f} s"
        say(f"{name} on {platform.machine()}, seed {arguments.seed}: {took}")
        trials: list[Trial] = []
        until = time.monotonic() + 60 * arguments.minutes
        while sum(len(t.kills) for t in trials) < arguments.kills and time.monotonic() < until:
            so_far = sum(len(t.kills) for t in trials)
            most = min(arguments.kills - so_far, arguments.chain)
            kills = draw(rng, reference.seconds, so_far, most)
            world = _world(folder / f"trial-{len(trials)}", code, arguments.tree)
            trials.append(trial(world, reference, kills, options))
            if not trials[-1].ok:
                say(f"  {trials[-1]}"[:2000])
            shutil.rmtree(world.home)
        say(_summary(trials))
        if arguments.record:
            command = "bench.faults --tree" if arguments.tree else "bench.faults"
            record(arguments.record, command, ["```", *lines, "```"])
        return 0 if all(t.ok for t in trials) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def draw(rng: random.Random, seconds: float, so_far: int, count: int) -> list[Kill]:
    """`count` kills of a run that takes `seconds`: the first at any moment of it, and each of those
    that follow at any moment of the next third, because the run goes on where it was."""
    spans = (seconds if number == 0 else seconds / 3 for number in range(count))
    return [
        Kill(rng.uniform(0, span), WAYS[(so_far + number) % len(WAYS)])
        for number, span in enumerate(spans)
    ]


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
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no trial after that")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16))
    parser.add_argument("--tree", type=Path, help="a git checkout of a kernel, only read")
    parser.add_argument("--arch", help="only this architecture is built")
    parser.add_argument("--scratch", type=Path, help="where to work")
    parser.add_argument("--record", type=Path, help="a document to write the figures into")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
