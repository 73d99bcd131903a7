# SPDX-License-Identifier: GPL-2.0-only
"""One run that is killed, once or more, and started again: what is different then."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migrate.base.programs import reaper
from migrate.delivery.commits import arrival
from tests.end_to_end.world import OURS, World, contents, snapshot

PROFILE = "vaddr-pin"
WAYS = ("run", "run and reaper", "power")
_GONE_SECONDS = 20.0
_STILL_PAUSES = 500
"""Thousandths of a second for what is stopped to stand still."""
MOST_SECONDS = 3600.0


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
        timeout=MOST_SECONDS,
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
            leftovers += [f"process: {name}" for name in remaining(world)]
        outside += _changed(before, snapshot(world))
    last = subprocess.run(
        world.command("run", "--profile", PROFILE, *options),
        cwd=world.home,
        env=_environment(world),
        capture_output=True,
        text=True,
        check=False,
        timeout=MOST_SECONDS,
    )
    differences = [] if last.returncode in (0, 3) else [f"the last run: {last.stderr[-300:]}"]
    if not differences:
        differences = _changed(reference.files, contents(world.out(PROFILE)))
        differences += [] if _tip(world) == reference.tip else ["the tip of the branch"]
    outside += _changed(before, snapshot(world)) + sorted(_around(world) - around)
    leftovers += [f"process: {name}" for name in remaining(world)]
    leftovers += [str(p.relative_to(world.home)) for p in litter(world)]
    return Trial(tuple(hits), tuple(differences), tuple(outside), tuple(leftovers))


def start(world: World, options: Sequence[str], stderr: int) -> subprocess.Popen[str]:
    """A run that has just begun."""
    return subprocess.Popen(
        world.command("run", "--profile", PROFILE, *options),
        cwd=world.home,
        env=_environment(world),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )


def _environment(world: World) -> dict[str, str]:
    return world.env | {"TMPDIR": str(world.home / "tmp")}


def _kill(world: World, kill: Kill, options: Sequence[str]) -> bool:
    """Start a run and kill it; False when it ended first."""
    child = start(world, options, stderr=subprocess.DEVNULL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(kill.seconds)
    if child.returncode is not None:
        return False
    victims = [child.pid]
    if kill.way != "run":
        victims = [*_reapers_of(child.pid), child.pid]
    if kill.way == "power":
        victims = stopped(world, victims)
    for pid in victims:
        _send(pid, signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def stopped(world: World, pids: Sequence[int] = ()) -> list[int]:
    """`pids` and all programs of the world, none of which runs on."""
    found: list[int] = []
    while fresh := {*pids, *_programs(world)} - set(found):
        for pid in fresh:
            _send(pid, signal.SIGSTOP)
        found += fresh
    # A stopped program comes to the end of what it has asked of the kernel, unless that is to wait
    # for another one.
    for _ in range(_STILL_PAUSES):
        if not any(_runs(pid) for pid in found):
            break
        time.sleep(0.001)
    return found


def resume(pids: Sequence[int]) -> None:
    """Let those run on that :func:`stopped` has named and that are still there."""
    for pid in pids:
        _send(pid, signal.SIGCONT)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return state not in b"TtZX"


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


def remaining(world: World) -> list[str]:
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


def litter(world: World) -> list[Path]:
    """What nobody needs any more when a run has ended."""
    ends = (".new", ".lock", "-old", "-new", ".running")
    builds = world.workspace / "builds"
    found = [
        p
        for p in world.workspace.rglob("*")
        if p.name.endswith(ends) and (builds not in p.parents or p.suffix == ".running")
    ]
    git = world.tree / ".git"
    found += [*git.rglob("*.lock"), *git.rglob("tmp_*"), *(git / "worktrees").glob("*")]
    found += [p for p in git.rglob("*.pack") if not p.with_suffix(".idx").exists()]
    found += (world.workspace / "repository/.git").rglob("tmp_*")
    found += (world.home / "tmp").iterdir()
    ours = (world.workspace / "scratch", world.workspace / arrival.NAME)
    return found + [p for p in ours if p.exists()]


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted({name for name, _ in set(before.items()) ^ set(after.items())})


def _tip(world: World) -> str:
    return world.git("rev-parse", f"{OURS}{PROFILE}")


def draw(rng: random.Random, seconds: float, so_far: int, count: int) -> list[Kill]:
    """`count` kills of a run that takes `seconds`: the first at any moment of it, and each of those
    that follow at any moment of the next third, because the run goes on where it was."""
    spans = (seconds if number == 0 else seconds / 3 for number in range(count))
    return [
        Kill(rng.uniform(0, span), WAYS[(so_far + number) % len(WAYS)])
        for number, span in enumerate(spans)
    ]
