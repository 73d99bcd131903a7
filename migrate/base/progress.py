# SPDX-License-Identifier: GPL-2.0-only
"""Progress of long work: what is being done, and how much of it is finished."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Takes what is being done, in a few words, the units that are finished, and their total number; 0
and 0 if there is nothing to count. May be called from any thread."""

_EVERY = 1.0
"""Seconds between two calls."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Reports nothing."""


@contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` every second from a separate thread while the block runs, for work that does not
    report its own progress."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def count(progress: Progress, what: str, total: int) -> Callable[[Sequence[object]], None]:
    """A function to be called with each finished part: it adds up their sizes and reports the
    sum."""
    done = 0
    progress(what, 0, total)

    def told(part: Sequence[object]) -> None:
        nonlocal done
        done += len(part)
        progress(what, done, total)

    return told
