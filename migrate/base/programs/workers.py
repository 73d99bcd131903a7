# SPDX-License-Identifier: GPL-2.0-only
"""Parallel work on parts, in as many processes as there are processors for it.

The workers are forks of this process, so they share its memory and nothing has to be sent to them.
This process works on parts, too, and only it writes to the terminal and to the database. Results
are in the order of the parts, whoever computed them; a part that fails in a worker is done here.
"""

from __future__ import annotations

import mmap
import os
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from migrate.base.programs.process_pool import Copies, NoCopies

Item = TypeVar("Item")
Result = TypeVar("Result")

_ROUNDS = 4
"""How often workers are forked again after one has died, each time half as many: they may die
because there is not enough memory for all."""

_STRIKES = 2
"""A part that was being worked on this often when workers died is done here, after all others."""

_LOOK_SECONDS = 1.0
"""Seconds between two checks for hanging workers."""


@dataclass(frozen=True)
class Made:
    """A finished part: its kind of work, the number of things in it, the process that did it, and
    the CPU seconds that it took, including programs that were run."""

    what: str
    size: int
    process: int
    seconds: float


_ledger: ContextVar[list[Made] | None] = ContextVar("ledger", default=None)


@contextmanager
def recording() -> Iterator[list[Made]]:
    """A list that collects every part that is finished while the context lasts."""
    token = _ledger.set([])
    try:
        found = _ledger.get()
        assert found is not None
        yield found
    finally:
        _ledger.reset(token)


def share_out(
    what: str,
    work: Callable[[Sequence[Item]], Result],
    parts: Sequence[Sequence[Item]],
    jobs: int,
    told: Callable[[Sequence[Item]], None] = lambda _: None,
) -> list[Result]:
    """The results of `work` for each of `parts`, in their order; the first parts are started first.

    `jobs` counts processes, including this one. The result of `work` for a part must not depend on
    the parts before it, and must be picklable. An exception comes from `work` in this process.
    `told` is called in this thread with each part that is finished.
    """
    shared = _Shared(what, work, parts, told)
    for turn in range(_ROUNDS):
        count = min(jobs >> turn, len(shared.left))
        if count < 2 or not shared.go(count - 1):
            break
    for number in shared.left:
        shared.make(number)
    return [shared.results[number] for number in range(len(parts))]


class _Shared(Generic[Item, Result]):
    """The parts of one call of :func:`share_out`, with the results so far."""

    def __init__(
        self,
        what: str,
        work: Callable[[Sequence[Item]], Result],
        parts: Sequence[Sequence[Item]],
        told: Callable[[Sequence[Item]], None],
    ) -> None:
        self.what, self.work, self.parts, self.told = what, work, parts, told
        self.results: dict[int, Result] = {}
        self._strikes = [0] * len(parts)
        # Shared memory: the parts that a process has begun.
        self._begun = mmap.mmap(-1, max(1, len(parts)))
        self._waiting: deque[int] = deque()
        self._lock = Lock()  # the pool's own thread takes parts as well
        self._asked: dict[Future[Any], int] = {}

    @property
    def left(self) -> list[int]:
        """The unfinished parts; those that may have killed a process are last."""
        left = (n for n in range(len(self.parts)) if n not in self.results)
        return sorted(left, key=lambda n: (self._strikes[n], n))

    def go(self, others: int) -> bool:
        """Do the remaining parts with `others` workers; returns whether another round makes
        sense."""
        self._waiting = deque(n for n in self.left if self._strikes[n] < _STRIKES)
        self._asked.clear()
        try:
            with Copies(others, self._in_copy) as copies:
                for _ in range(others + 1):  # one more, so that no worker waits for its next part
                    self._ask(copies)
                while (number := self._next()) is not None:
                    self.make(number)
                    self._collect(copies, wait=False)
                self._collect(copies, wait=True)
        except NoCopies:
            return False
        except BrokenProcessPool:
            self._strike()
        return any(self._strikes[n] < _STRIKES for n in self.left)

    def _next(self) -> int | None:
        """The next part that no process has taken."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _ask(self, copies: Copies) -> None:
        """Have a worker do the next part, and one more when it is finished."""
        with self._lock:
            if not self._waiting:
                return
            number = self._waiting.popleft()
            future = copies.submit(number)
            self._asked[future] = number
        future.add_done_callback(lambda done: self._ask_again(copies, done))

    def _ask_again(self, copies: Copies, done: Future[Any]) -> None:
        # Submitting to a broken pool may block for ever.
        if not done.cancelled() and not isinstance(done.exception(), BrokenProcessPool):
            with suppress(RuntimeError):  # the pool is shutting down, or is broken
                self._ask(copies)

    def _collect(self, copies: Copies, *, wait: bool) -> None:
        """Store the results of the workers; with `wait` until there are no more."""
        broken = False
        while self._asked:
            limit = _LOOK_SECONDS if wait else 0.0
            done, _ = wait_for(list(self._asked), timeout=limit, return_when=FIRST_COMPLETED)
            if wait and not done and copies.stand_still():
                raise BrokenProcessPool("the copies hang")
            for future in done:
                number, error = self._asked.pop(future), future.exception()
                if error is None:
                    made, self.results[number] = future.result()
                    self._note(made, number)
                elif isinstance(error, BrokenProcessPool):
                    broken = True
                else:
                    self._strikes[number] = _STRIKES  # fails here as well, and raises
            if not wait and not done:
                break
        if broken:
            raise BrokenProcessPool("a copy died")

    def _strike(self) -> None:
        for number in self.left:
            self._strikes[number] += self._begun[number]
            self._begun[number] = 0

    def make(self, number: int) -> None:
        """Do a part in this process."""
        made, self.results[number] = self._measured(number, time.thread_time)
        self._note(made, number)

    def _in_copy(self, number: int) -> tuple[Made, Result]:
        self._begun[number] = 1
        return self._measured(number, time.process_time)

    def _measured(self, number: int, clock: Callable[[], float]) -> tuple[Made, Result]:
        part, own, others = self.parts[number], clock(), _of_programs()
        result = self.work(part)
        seconds = clock() - own + _of_programs() - others
        return Made(self.what, len(part), os.getpid(), seconds), result

    def _note(self, made: Made, number: int) -> None:
        ledger = _ledger.get()
        if ledger is not None:
            ledger.append(made)
        self.told(self.parts[number])


def _of_programs() -> float:
    """CPU seconds of the programs that this process ran and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
