# SPDX-License-Identifier: GPL-2.0-only
"""Work in a copy of this process that has little room and may not go on for ever."""

from __future__ import annotations

import os
import pickle
import resource
import traceback
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")

_BYTES = 2_000_000_000
_CPU_SECONDS = 120
"""Far more than any of this takes: a test that hangs ends."""


def bounded(work: Callable[[], T]) -> T:
    """What `work` returns; an AssertionError when it raises anything, or needs more."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    assert answer, f"ended with {os.waitstatus_to_exitcode(status)} and no answer"
    failed, value = pickle.loads(answer)
    assert not failed, failed
    return value  # type: ignore[no-any-return]


def _work(work: Callable[[], object], writing: int) -> NoReturn:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        try:
            answer: tuple[str, object] = ("", work())
        except BaseException as error:
            # A traceback of a recursion is long, and its end says enough.
            answer = (f"{error!r}\n{traceback.format_exc()[-2000:]}", None)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)
