# SPDX-License-Identifier: GPL-2.0-only
"""Forked worker processes: the standard library's process pool.

No worker outlives the context or this process, however that ends. Workers have process groups of
their own, are ended by `stop_all()` of :mod:`migrate.base.programs.process` like any program, and
end what they have started themselves.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from migrate.base.programs import process

PATIENCE = 30.0
"""Seconds without CPU time after which a worker counts as hanging. A worker that waits for a
program uses some CPU time each second, because it checks on the program."""

_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

_GRACE = 0.5
"""Seconds from SIGTERM to SIGKILL."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NoCopies(Exception):
    """This process cannot fork workers: a limit of the user, or no file system for semaphores."""


class Copies:
    """`count` processes that call `work` with numbers as long as the context lasts.

    They see the memory as it was when the context began.
    """

    def __init__(self, count: int, work: Callable[[int], Any]) -> None:
        self._count, self._work = count, work
        self._pool: ProcessPoolExecutor | None = None
        self._children: list[Any] = []
        self._used: dict[int, float] = {}
        self._moved = time.monotonic()

    def __enter__(self) -> Self:
        process.watch()
        known = set(multiprocessing.active_children())
        # Garbage collection would write to the shared pages, and so copy them.
        gc.freeze()
        try:
            # A worker that gets a signal before it has its own handlers would act like this
            # process.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            try:
                self._start(before)
            finally:
                self._enlist(set(multiprocessing.active_children()) - known)
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except (OSError, ImportError, NotImplementedError) as error:
            self._end(0.0)
            raise NoCopies from error
        except BaseException:
            self._end(_GRACE)
            raise
        return self

    def _enlist(self, children: set[Any]) -> None:
        self._children = list(children)
        for child in children:
            with suppress(OSError):
                os.setpgid(child.pid, child.pid)
            process.enlist(child.pid)

    def _start(self, mask: set[int | signal.Signals]) -> None:
        self._pool = ProcessPoolExecutor(
            self._count,
            mp_context=multiprocessing.get_context("fork"),
            initializer=_be_a_copy,
            initargs=(self._work, os.getpid(), mask),
        )
        with warnings.catch_warnings():
            # From 3.12 on Python warns about a fork with other threads. A worker does not have
            # these threads and needs none of their locks; if one hangs nevertheless, that is
            # noticed.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pool.submit(_nothing)  # fork all workers now, before there is a thread

    def submit(self, number: int) -> Future[Any]:
        """The result of `work` for `number`."""
        assert self._pool is not None
        return self._pool.submit(_call, number)

    def stand_still(self) -> bool:
        """Whether no worker has used any CPU time for PATIENCE seconds; to be called regularly."""
        now, used = time.monotonic(), {c.pid: _seconds(c.pid) for c in self._children}
        if used != self._used:
            self._used, self._moved = used, now
        return now - self._moved > PATIENCE

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            _left(self._children, _GRACE)
        self._end(_GRACE)

    def _end(self, grace: float) -> None:
        """End all workers."""
        alive = _left(self._children, 0.0)
        for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 0.0)):
            for child in alive:
                with suppress(OSError):
                    os.kill(child.pid, number)
            alive = _left(alive, seconds)
        for child in self._children:
            child.join()
            process.discharge(child.pid)
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._children, self._pool = [], None
        gc.unfreeze()


def _left(children: Sequence[Any], seconds: float) -> list[Any]:
    """Those of `children` that are still running after `seconds`."""
    deadline = time.monotonic() + seconds
    while alive := [child for child in children if child.is_alive()]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        wait([child.sentinel for child in alive], timeout=left)
    return alive


def _seconds(pid: int) -> float:
    """The CPU time of process `pid` in seconds; 0 if it has ended."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3)
    return 0.0


_work: Callable[[int], Any] | None = None
"""In a worker: the function that it calls."""


def _nothing() -> None:
    """The first task of the workers; it does nothing."""


def _call(number: int) -> Any:
    assert _work is not None
    return _work(number)


def _be_a_copy(work: Callable[[int], Any], parent: int, mask: set[int | signal.Signals]) -> None:
    """Set up a worker: it has nothing to do with the terminal from now on."""
    global _work
    _work = work
    process.disown()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, _on_signal)
    signal.signal(signal.SIGTERM, _on_signal)
    with suppress(OSError):
        os.setpgid(0, 0)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.close(nothing)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    process.stop_all()
    process.kill_all(0)
    # A program that is just being started is not in the list yet.
    for pid in _children_of(os.getpid()):
        for kill in (os.killpg, os.kill):
            with suppress(OSError):
                kill(pid, signal.SIGKILL)
    os._exit(1)


def _children_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
                if int(text.rpartition(")")[2].split()[1]) == parent:
                    found.append(int(folder.name))
    return found
