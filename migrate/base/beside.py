# SPDX-License-Identifier: GPL-2.0-only
"""A part of the work beside the rest of it: in a copy of this process, on another processor."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from migrate.base import process

_CHUNK = 1 << 20
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class Beside:
    """Runs `work` in a copy of this process for as long as the context lasts.

    The copy shares what was in memory when it began, and nothing after that; it must neither
    print nor write to the database. It ends with the context, and with this process. Where there
    can be no copy, or it fails, there is no answer, and the caller does the work.
    """

    def __init__(self, work: Callable[[], bytes]) -> None:
        self._work = work
        self._pid = self._fd = -1

    def __enter__(self) -> Self:
        try:
            reading, writing = os.pipe()
        except OSError:
            return self
        parent = os.getpid()
        try:
            self._pid = _fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            return self
        if self._pid == 0:
            _be_the_copy(self._work, writing, parent)
        os.close(writing)
        self._fd = reading
        with suppress(OSError):
            os.setpgid(self._pid, self._pid)
        process.enlist(self._pid)
        return self

    def answer(self, timeout: float) -> bytes | None:
        """What `work` returned; None when it failed or takes more than `timeout` seconds more."""
        deadline, chunks = time.monotonic() + timeout, list[bytes]()
        while self._fd >= 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                return None
            chunk = os.read(self._fd, _CHUNK)
            if not chunk:
                return b"".join(chunks) if self._ended_well() else None
            chunks.append(chunk)
        return None

    def _ended_well(self) -> bool:
        _, status = os.waitpid(self._pid, 0)
        process.discharge(self._pid)
        self._pid = -1
        return status == 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pid > 0:
            with suppress(OSError):
                os.killpg(self._pid, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(self._pid, 0)
            process.discharge(self._pid)
        if self._fd >= 0:
            os.close(self._fd)
        self._pid = self._fd = -1


def _fork() -> int:
    with warnings.catch_warnings():
        # From 3.12 on Python warns where there are other threads: the copy has none of them, and
        # waits for none of what they may hold, but for ever; so nobody waits for it for ever.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _be_the_copy(work: Callable[[], bytes], writing: int, parent: int) -> None:
    """Do the work, hand it over, end; nothing of the caller is run."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        with suppress(OSError):
            os.setpgid(0, 0)
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == parent:
            data = memoryview(work())
            while data:
                data = data[os.write(writing, data) :]
            code = 0
    finally:
        os._exit(code)
