# SPDX-License-Identifier: GPL-2.0-only
"""Standard input, output and error of this process: all are open, and errors are reported."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from migrate.base.errors import Refusal


class ReaderGone(BaseException):
    """The reader of our output has gone. Like an interrupt, it is not caught on the way: the
    command ends by SIGPIPE, as git does."""


def settle() -> None:
    """Set up the three standard streams; raises a :class:`Refusal` if standard output is closed.

    Python leaves out a stream that is closed; then the next file to be opened, perhaps the
    database, would get its number and its output.
    """
    closed = [number for number in (0, 1, 2) if not _is_open(number)]
    for number in closed:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        os.set_inheritable(number, True)
    if 0 in closed:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _writer(_Output(1), sys.stdout)
    sys.stderr = _writer(_Messages(2), sys.stderr)
    if 1 in closed:
        raise Refusal(
            "Standard output is closed, and the result would go there.",
            "Let it go to a file, or to /dev/null.",
        )


class _Output(io.FileIO):
    """Standard output. After a failed write, everything else is dropped: the error is reported
    once."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "wb", closefd=False)
        self._failed = False

    def write(self, data: Any) -> int:
        if self._failed:
            return memoryview(data).nbytes
        try:
            return _write(super().write, data, self.fileno())
        except OSError as error:
            self._failed = True
            if error.errno == errno.EPIPE:
                raise ReaderGone from None
            raise Refusal(
                f"Standard output cannot be written: {os.strerror(error.errno or errno.EIO)}.",
                "Let the result go elsewhere, and run the command again; its work is kept.",
            ) from None


class _Messages(io.FileIO):
    """Standard error. If it is full or its terminal is gone, errors cannot be reported anywhere."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "wb", closefd=False)

    def write(self, data: Any) -> int:
        try:
            return _write(super().write, data, self.fileno())
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise ReaderGone from None
            return memoryview(data).nbytes


def _write(write: Callable[[Any], int | None], data: Any, number: int) -> int:
    """Write all of `data`, also to a non-blocking pipe that is full."""
    while (done := write(data)) is None:
        select.select([], [number], [])
    return done


def _writer(raw: io.FileIO, like: TextIO | None) -> TextIO:
    encoding = getattr(like, "encoding", None) or "utf-8"
    lines = raw.isatty() or isinstance(raw, _Messages)
    # Characters that the terminal's encoding lacks are shown as escape sequences.
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=lines
    )


def _is_open(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        return True
    return False
