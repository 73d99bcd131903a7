# SPDX-License-Identifier: GPL-2.0-only
"""The second finder of acquires: spatch, a process for each file, beside other work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, Self

from migrate.analysis.model import Place
from migrate.analysis.spatch import Patched, run_spatch, spatch_version
from migrate.base.data import data_folder

Progress = Callable[[str, int, int], None]

_MARK = "gup-migrate: "
_TIME_LIMIT = 60.0
"""Seconds for one file; the slowest of a kernel takes about 3."""

_OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes; the rules print one short line for each call."""


class FactCache(Protocol):
    """Results by a key that names everything they depend on."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True)
class Unit:
    """What one process looks for: calls of `helper` in a file, or of GUP itself with "".

    `text` is the file, see :func:`migrate.analysis.slices.sliced`.
    """

    path: str
    helper: str
    text: bytes


Answer = dict[Place, str] | str
"""The calls that spatch sees in a file, by the name called, or in one line why it does not say."""


class SpatchFinder:
    """Looks for calls of `names` and of helpers with `jobs` processes at a time.

    A file that makes spatch hang, crash or talk without end costs that file alone.
    """

    def __init__(
        self, names: Iterable[str], cache: FactCache, jobs: int, progress: Progress
    ) -> None:
        self._names = frozenset(names)
        self._cache = cache
        self._progress = progress
        self._version = repr(spatch_version())
        self._rules = data_folder("cocci") / "facts"
        self._pool = ThreadPoolExecutor(max(1, jobs))
        self._asked: list[tuple[str, Future[Answer]]] = []
        self._total = 0
        self._done = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)

    def ask(self, units: Iterable[Unit]) -> None:
        """Start to look; returns at once."""
        wanted = list(units)
        self._total += len(wanted)
        self._asked += [(unit.path, self._pool.submit(self._look, unit)) for unit in wanted]

    def answers(self) -> dict[str, Answer]:
        """What was found for all that was asked, by path; waits for it."""
        merged: dict[str, Answer] = {}
        for path, future in self._asked:
            found, before = future.result(), merged.get(path, {})
            if isinstance(found, str) or isinstance(before, str):
                merged[path] = found if isinstance(found, str) else before
            else:
                merged[path] = before | found
        return merged

    def _look(self, unit: Unit) -> Answer:
        rule = self._rules / ("helper.cocci" if unit.helper else "acquire.cocci")
        key = _key((self._version, rule.read_text("utf-8"), unit.helper), unit.text)
        stored = self._cache.get(key)
        calls: frozenset[_Call] | str | None = _decoded(stored) if stored is not None else None
        if calls is None:
            calls = _calls(rule, unit)
            if not isinstance(calls, str):
                self._cache.put(key, json.dumps(sorted(calls)))
        self._progress("scanning", next(self._done), self._total)
        if isinstance(calls, str):
            return calls
        wanted = {unit.helper} if unit.helper else self._names
        return {Place(unit.path, line, at): name for line, at, name in calls if name in wanted}


_Call = tuple[int, int, str]
"""Line, column and name."""


def _calls(rule: Path, unit: Unit) -> frozenset[_Call] | str:
    outcome = run_spatch(
        rule,
        {unit.path: unit.text},
        defines={"fn": unit.helper} if unit.helper else {},
        virtuals=["report"],
        timeout=_TIME_LIMIT,
        output_limit=_OUTPUT_LIMIT,
    )
    return _printed(outcome.output) if isinstance(outcome, Patched) else outcome.reason


def _key(basis: tuple[str, ...], contents: bytes) -> str:
    return hashlib.sha256("\0".join(basis).encode() + b"\0" + contents).hexdigest()


def _decoded(stored: str) -> frozenset[_Call] | None:
    try:
        return frozenset((int(line), int(at), str(name)) for line, at, name in json.loads(stored))
    except (ValueError, TypeError):
        return None


def _printed(output: str) -> frozenset[_Call]:
    """The lines that the rules print; others are not theirs."""
    calls = set()
    for line in output.splitlines():
        words = line.removeprefix(_MARK).split()
        if line.startswith(_MARK) and len(words) == 3 and words[0].isdigit() and words[1].isdigit():
            calls.add((int(words[0]), int(words[1]), words[2]))
    return frozenset(calls)
