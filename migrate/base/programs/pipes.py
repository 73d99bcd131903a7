# SPDX-License-Identifier: GPL-2.0-only
"""The pipes to another program: input is fed and both outputs are read at the same time."""

from __future__ import annotations

import fcntl
import os
import selectors
import time
from contextlib import suppress
from typing import IO

_CHUNK = 1 << 20
"""Bytes in a pipe, and read or written at once; git writes tens of megabytes."""

_ROUND_SECONDS = 1.0


class Streams:
    """Feeds standard input and collects both outputs without blocking on any of them."""

    def __init__(
        self,
        into: IO[bytes] | None,
        out: IO[bytes] | None,
        err: IO[bytes] | None,
        stdin: bytes | None,
    ) -> None:
        self._chunks: dict[str, list[bytes]] = {"out": [], "err": []}
        self._size = 0
        self._pending = memoryview(stdin or b"")
        self._selector = selectors.DefaultSelector()
        for stream, label in ((out, "out"), (err, "err")):
            if stream is None:
                continue
            os.set_blocking(stream.fileno(), False)
            with suppress(OSError):  # at the limit of the user, pipes stay small
                fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _CHUNK)
            self._selector.register(stream, selectors.EVENT_READ, label)
        if into is not None:
            os.set_blocking(into.fileno(), False)
            self._selector.register(into, selectors.EVENT_WRITE, "in")

    @property
    def stdout(self) -> bytes:
        return b"".join(self._chunks["out"])

    @property
    def stderr(self) -> bytes:
        return b"".join(self._chunks["err"])

    def drain(self, deadline: float, silence: float | None, limit: int) -> str:
        """Read until the end; returns why reading stopped: "end", "time", "silence" or "output".

        Silence counts only the time that this process spent waiting, so a stopped process does not
        accumulate any.
        """
        quiet, size = 0.0, 0
        while self._selector.get_map():
            now = time.monotonic()
            left = deadline - now
            if left <= 0:
                return "time"
            if silence is not None and quiet >= silence:
                return "silence"
            for key, _ in self._selector.select(min(left, _ROUND_SECONDS)):
                if key.data == "in":
                    self._feed(key)
                elif not self._collect(key):
                    self._selector.unregister(key.fileobj)
            if self._size > limit:
                return "output"
            waited = min(time.monotonic() - now, _ROUND_SECONDS)
            quiet, size = 0.0 if self._size > size else quiet + waited, self._size
        return "end"

    def _feed(self, key: selectors.SelectorKey) -> None:
        try:
            self._pending = self._pending[os.write(key.fd, self._pending[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self._pending = memoryview(b"")
        if not self._pending:
            self._selector.unregister(key.fileobj)
            with suppress(OSError):
                key.fileobj.close()  # type: ignore[union-attr]

    def _collect(self, key: selectors.SelectorKey) -> bool:
        try:
            chunk = os.read(key.fd, _CHUNK)
        except BlockingIOError:
            return True
        self._size += len(chunk)
        self._chunks[key.data].append(chunk)
        return bool(chunk)
