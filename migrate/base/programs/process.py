# SPDX-License-Identifier: GPL-2.0-only
"""The only place where other programs are started."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from migrate.base.files import scratch
from migrate.base.files.places import is_exhausted
from migrate.base.programs import reaper
from migrate.base.programs.limits import limit
from migrate.base.programs.outcome import Finished as Finished
from migrate.base.programs.outcome import NotStarted as NotStarted
from migrate.base.programs.outcome import Outcome as Outcome
from migrate.base.programs.outcome import TimedOut as TimedOut
from migrate.base.programs.outcome import TooMuchOutput as TooMuchOutput
from migrate.base.programs.outcome import describe as describe
from migrate.base.programs.pipes import Streams

DEFAULT_OUTPUT_LIMIT = 256 * 1024 * 1024
"""Bytes of standard output and standard error together."""

_GRACE_SECONDS = 1.0
_SHIELD_SECONDS = 10.0

_MADE_IN_HOME = {"DISTCC_DIR": ".distcc", "RUSTUP_HOME": ".rustup"}
"""Folders that distcc and rustup's rustc create in HOME even if only asked for their version, and
the environment variables that move them elsewhere."""

MARK = secrets.token_hex(16)
"""In the environment of every program that this process starts, to recognise it later."""

_watched = threading.Lock()
_live: set[int] = set()
"""Process groups of the children that are running, over all threads."""
_stopping = False


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without GIT_*, in the C locale, with our mark, plus `extra`.

    TMPDIR points to our own temporary folder, so that files of a killed program are found; so do
    variables for folders that some programs would create in HOME.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env["LC_ALL"] = "C"
    env.pop("LANGUAGE", None)
    env[reaper.VARIABLE] = MARK
    if place := scratch.current():
        env["TMPDIR"] = str(place)
    env.update(_folders_elsewhere(env.get("HOME", "")))
    env.update(extra or {})
    return env


def _folders_elsewhere(home: str) -> Iterator[tuple[str, str]]:
    """A variable and a folder for each of :data:`_MADE_IN_HOME` that does not exist."""
    place = scratch.current()
    for variable, name in _MADE_IN_HOME.items():
        there = variable in os.environ
        with suppress(OSError):
            there = there or Path(home, name).exists()
        if not there:
            # Nothing can be created below a device, not even by root.
            folder = (place or Path(os.devnull)) / name
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
            yield variable, str(folder)


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    silence: float | None = None,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    output_limit: int = DEFAULT_OUTPUT_LIMIT,
    one_stream: bool = False,
    pass_fds: Sequence[int] = (),
    shielded: bool = False,
    cpu_seconds: int | None = None,
    memory: int | None = None,
) -> Outcome:
    """Run `argv` without a shell, in a process group of its own.

    `timeout` and `silence` (how long the program may write nothing) are in seconds; `output_limit`
    is in bytes over both streams; `env` is added to :func:`clean_environment`. With `one_stream`,
    standard error goes to standard output, in the order written; `pass_fds` stay open in the child.
    When the call returns or raises, no process of the group is left; if this process is killed, the
    reaper ends them. `cpu_seconds` and `memory` (bytes of address space) limit the program and each
    of its children; a program that has used up its CPU time is :class:`TimedOut`.

    `shielded` is for commands that write to the user's repository: neither an interrupt nor the
    death of this process kills them in the middle, which would leave a lock or a partial file. They
    see the end of their input instead, and end by themselves.
    """
    args = tuple(str(a) for a in argv)
    if _stopping:
        raise KeyboardInterrupt
    _start_reaper()
    start = time.monotonic()
    try:
        child = subprocess.Popen(
            args,
            cwd=cwd,
            env=clean_environment({reaper.VARIABLE: ""} | dict(env or {}) if shielded else env),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if one_stream else subprocess.PIPE,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
    except OSError as error:
        if is_exhausted(error):
            raise  # an error that is not about this program
        return NotStarted(args, str(error))
    except ValueError as error:
        return NotStarted(args, str(error))
    if not shielded:
        _live.add(child.pid)
    _limit(child, resource.RLIMIT_CPU, cpu_seconds)
    _limit(child, resource.RLIMIT_AS, memory)
    try:
        streams = Streams(child.stdin, child.stdout, child.stderr, stdin)
        ended = streams.drain(start + timeout, silence, output_limit)
        out, err = streams.stdout, streams.stderr
        if ended == "output":
            return TooMuchOutput(args, output_limit)
        if ended == "time":
            return TimedOut(args, timeout, out, err)
        if ended == "silence" and silence:
            return TimedOut(args, silence, out, err, silent=True)
        try:
            code = child.wait(max(0.1, start + timeout - time.monotonic()))
        except subprocess.TimeoutExpired:
            return TimedOut(args, timeout, out, err)
        if cpu_seconds is not None and code in (-signal.SIGXCPU, -signal.SIGKILL):
            return TimedOut(args, cpu_seconds, out, err)
        return Finished(args, code, out, err, time.monotonic() - start)
    finally:
        if shielded:
            _let_end(child)
        _end_group(child)
        _live.discard(child.pid)


def _limit(child: subprocess.Popen[bytes], what: int, most: int | None) -> None:
    """Limit a resource of `child`, which has just been started."""
    if most is not None:
        with suppress(ProcessLookupError):
            limit(what, most, pid=child.pid)


def _start_reaper() -> None:
    """Start the reaper of this process, once. Without it only the clean-up after SIGKILL is
    missing."""
    if not _watched.acquire(blocking=False):
        return
    program = [sys.executable, "-I", "-S", reaper.__file__, str(os.getpid()), MARK]
    with suppress(OSError):
        watcher = subprocess.Popen(
            program,
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # It outlives this process, about which Python would warn at exit.
        watcher.returncode = 0


def watch() -> None:
    """Start the reaper before this process forks: a fork must not start its own."""
    _start_reaper()


def disown() -> None:
    """In a fork of this process: forget the programs that the parent has started."""
    _live.clear()


def enlist(group: int) -> None:
    """End a process group that was started elsewhere together with the others."""
    _live.add(group)


def discharge(group: int) -> None:
    """The process group has ended."""
    _live.discard(group)


def stop_all() -> None:
    """End every child of every thread and start no more; safe to call from a signal handler."""
    global _stopping
    _stopping = True
    _signal_all(signal.SIGTERM)


def kill_all(grace: float) -> None:
    """Kill the children that are still running in `grace` seconds, with everything they started."""
    deadline = time.monotonic() + grace
    while _live and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_all(signal.SIGKILL)


def _signal_all(number: signal.Signals) -> None:
    for group in tuple(_live):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _let_end(child: subprocess.Popen[bytes]) -> None:
    """Close the input of `child` and give it time to end."""
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        child.wait(_SHIELD_SECONDS)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Terminate what is left of the child's process group, then reap the child."""
    for step in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, step)
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if step is signal.SIGTERM and not _group_alive(child.pid):
            break
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
