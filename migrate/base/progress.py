# SPDX-License-Identifier: GPL-2.0-only
"""Whoever works for long says what it is doing, and how much of it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Takes what is being done, in a few words, the units of it that are done, and how many there are;
0 and 0 where there is nothing to count. May be called from any thread."""

_EVERY = 1.0
"""Seconds between two looks."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Tells nobody."""


@contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` every second from a thread of its own while the block runs, for work of which
    nobody reports how far it is."""
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
    """Something to be called with each part of a work that is done: it adds up what is in them."""
    done = 0
    progress(what, 0, total)

    def told(part: Sequence[object]) -> None:
        nonlocal done
        done += len(part)
        progress(what, done, total)

    return told
