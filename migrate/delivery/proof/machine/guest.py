# SPDX-License-Identifier: GPL-2.0-only
"""The guest's only program, built from the exercises, and the initramfs with it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.base import packages
from migrate.base.programs import process
from migrate.delivery.proof.machine.exercises import Exercise

_MAIN = Path(__file__).parent / "data/guest.c"
_TIME_LIMIT = 300.0
_DIRECTORIES = ("dev", "proc", "sys", "tmp")
_TRAILER = "TRAILER!!!"
_NO_LIBC = re.compile(r"cannot find -lc\b|stdio\.h: No such file")


@dataclass(frozen=True)
class NoGuest:
    """Why there is no program for the guest, in one line."""

    reason: str


@dataclass(frozen=True)
class Node:
    """An entry of an initramfs: a mode as in stat(), contents, and device numbers."""

    name: str
    mode: int
    contents: bytes = b""
    device: tuple[int, int] = (0, 0)


def make_guest(
    chosen: Sequence[Exercise],
    compiler: Sequence[str],
    folder: Path,
    *,
    libc: str = "libc6-dev",
    slowness: int = 1,
) -> bytes | NoGuest:
    """The initramfs with a program that runs `chosen`, compiled in `folder`; `libc` is the package
    of the C library, and `slowness` the factor for all time limits."""
    folder.mkdir(parents=True, exist_ok=True)
    calls = "".join(f"EXERCISE({e.name}, {e.seconds * slowness})\n" for e in chosen)
    (folder / "guest_exercises.h").write_text(calls, encoding="utf-8")
    program = folder / "init"
    sources = [str(_MAIN), *(str(e.code) for e in chosen)]
    options = ["-static", "-O1", "-w", f"-I{folder}", f"-I{_MAIN.parent}"]
    outcome = process.run(
        [*compiler, *options, "-o", str(program), *sources],
        cwd=folder,
        timeout=_TIME_LIMIT,
        one_stream=True,
    )
    if not isinstance(outcome, process.Finished):
        return NoGuest(f"the exercises cannot be compiled: {process.describe(outcome)}")
    if not outcome.ok:
        said = outcome.stdout.decode("utf-8", "replace")
        return NoGuest(_complaint(said, compiler[0], libc))
    return initramfs(program.read_bytes())


def _complaint(said: str, compiler: str, libc: str) -> str:
    if _NO_LIBC.search(said):
        get = packages.install(libc)
        return f"{compiler} has no static C library for the program of the guest: {get}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = next((line for line in lines if "error" in line), lines[-1] if lines else "")
    return f"{compiler} does not compile the exercises: {first or 'it said nothing'}"


def initramfs(program: bytes) -> bytes:
    """An archive with `program` as /init, and the devices that it needs for the console."""
    nodes = [Node(name, 0o040755) for name in _DIRECTORIES]
    nodes.append(Node("dev/console", 0o020600, device=(5, 1)))
    nodes.append(Node("init", 0o100755, program))
    return gzip.compress(archive(nodes), mtime=0)


def archive(nodes: Iterable[Node]) -> bytes:
    """`nodes` in cpio's newc format: Documentation/driver-api/early-userspace."""
    every = [*nodes, Node(_TRAILER, 0)]
    return b"".join(_entry(number, node) for number, node in enumerate(every, 1))


def _entry(number: int, node: Node) -> bytes:
    name = node.name.encode() + b"\0"
    fields = (number, node.mode, 0, 0, 1, 0, len(node.contents), 0, 0, *node.device, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(head + name) + _padded(node.contents)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
