# SPDX-License-Identifier: GPL-2.0-only
"""The second finder of acquires: spatch, in processes for some files each, beside other work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Self

from migrate.analysis.acquires.spatch import Patched, run_spatch, spatch_version
from migrate.analysis.model import Place
from migrate.base.data import data_folder
from migrate.base.progress import Progress
from migrate.kernel.kept_finds import FactCache

_MARK = "gup-migrate: "
_TIME_LIMIT = 60.0
"""Seconds for one process; the slowest file of a kernel takes less than 1."""

_TOGETHER = 16
"""Files for one process: starting one takes longer than most files."""

_OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes; the rules print one short line for each call."""


@dataclass(frozen=True)
class Unit:
    """One search in a file: for calls of `helper`, or of GUP itself with "".

    `digest` names the text of the file, see :func:`migrate.analysis.acquires.slices.sliced`.
    """

    path: str
    helper: str
    digest: str


Answer = dict[Place, str] | str
"""The calls that spatch sees in a file, with the called names, or one line on why there is no
answer."""


class SpatchFinder:
    """Looks for calls of `names` and of helpers with `jobs` processes at a time.

    If spatch hangs, crashes or prints without end, only that file is lost: files for which a
    process had no answer are tried again, each in a process of its own.
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
        self._asked: list[Future[dict[Unit, _Calls | str]]] = []
        self._known: dict[Unit, _Calls] = {}
        self._total = 0
        self._guard = Lock()
        self._done = 0
        self._waited_for = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)

    def ask(self, units: Iterable[Unit], text_of: Callable[[Unit], bytes]) -> None:
        """Start searching; returns at once. `text_of` is not called for units with known
        answers."""
        wanted = list(units)
        self._total += len(wanted)
        fresh: dict[Unit, bytes] = {}
        for unit in wanted:
            known = self._stored(self._key(unit))
            if known is None:
                fresh[unit] = text_of(unit)
            else:
                self._known[unit] = known
        with self._guard:
            self._done += len(wanted) - len(fresh)
        for batch in _batches(fresh):
            texts = {unit: fresh[unit] for unit in batch}
            self._asked.append(self._pool.submit(self._look, texts))

    def answers(self) -> dict[str, Answer]:
        """Wait for the answers to all units and return them by path; reports progress."""
        with self._guard:
            self._waited_for = True
            self._tell()
        found: dict[Unit, _Calls | str] = dict(self._known)
        for future in self._asked:
            found |= future.result()
        merged: dict[str, Answer] = {}
        for unit, calls in found.items():
            answer, before = self._answer(unit, calls), merged.get(unit.path, {})
            if isinstance(answer, str) or isinstance(before, str):
                merged[unit.path] = answer if isinstance(answer, str) else before
            else:
                merged[unit.path] = before | answer
        return merged

    def _look(self, texts: Mapping[Unit, bytes]) -> dict[Unit, _Calls | str]:
        """The answers of spatch for units of one helper."""
        asked = _all_calls(self._rule(next(iter(texts)).helper), texts)
        for unit, calls in asked.items():
            if not isinstance(calls, str):
                self._cache.put(self._key(unit), json.dumps(sorted(calls)))
        with self._guard:
            self._done += len(texts)
            if self._waited_for:
                self._tell()
        return asked

    def _rule(self, helper: str) -> Path:
        return self._rules / ("helper.cocci" if helper else "acquire.cocci")

    def _key(self, unit: Unit) -> str:
        rule = _text(self._rule(unit.helper))
        basis = "\0".join((self._version, rule, unit.helper, unit.digest))
        return hashlib.sha256(basis.encode()).hexdigest()

    def _tell(self) -> None:
        self._progress("files read by spatch", self._done, self._total)

    def _stored(self, key: str) -> _Calls | None:
        stored = self._cache.get(key)
        return _decoded(stored) if stored is not None else None

    def _answer(self, unit: Unit, calls: _Calls | str) -> Answer:
        if isinstance(calls, str):
            return calls
        wanted = {unit.helper} if unit.helper else self._names
        named = {Place(unit.path, line, at): name for line, at, name in calls}
        return {place: name for place, name in named.items() if name in wanted}


@cache
def _text(rule: Path) -> str:
    return rule.read_text("utf-8")


def _batches(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Units for one process each: some files and one helper."""
    by_helper: dict[str, list[Unit]] = {}
    for unit in units:
        by_helper.setdefault(unit.helper, []).append(unit)
    for same in by_helper.values():
        rest = iter(same)
        while batch := list(islice(rest, _TOGETHER)):
            yield batch


_Call = tuple[int, int, str]
"""Line, column and name."""


_Calls = frozenset[_Call]


def _all_calls(rule: Path, units: Mapping[Unit, bytes]) -> dict[Unit, _Calls | str]:
    """The calls in each file, or why there is no answer; files without an answer among others are
    tried alone."""
    together = _calls(rule, units) if len(units) > 1 else ""
    found: dict[Unit, _Calls | str] = {}
    for unit in units:
        if isinstance(together, str) or unit.path not in together:
            alone = _calls(rule, {unit: units[unit]})
            found[unit] = alone if isinstance(alone, str) else alone.get(unit.path, frozenset())
        else:
            found[unit] = together[unit.path]
    return found


def _calls(rule: Path, units: Mapping[Unit, bytes]) -> Mapping[str, _Calls] | str:
    """The calls that one process sees, by path; without paths that have none."""
    helper = next(iter(units)).helper
    outcome = run_spatch(
        rule,
        {unit.path: text for unit, text in units.items()},
        defines={"fn": helper} if helper else {},
        virtuals=["report"],
        timeout=_TIME_LIMIT,
        output_limit=_OUTPUT_LIMIT,
    )
    return _printed(outcome.output) if isinstance(outcome, Patched) else outcome.reason


def _decoded(stored: str) -> _Calls | None:
    try:
        return frozenset((int(line), int(at), str(name)) for line, at, name in json.loads(stored))
    except (ValueError, TypeError):
        return None


def _printed(output: str) -> dict[str, _Calls]:
    """The lines that the rules print, by path; other lines are ignored."""
    calls: dict[str, set[_Call]] = {}
    for line in output.splitlines():
        words = line.removeprefix(_MARK).split(" ", 3)
        if line.startswith(_MARK) and len(words) == 4 and words[0].isdigit() and words[1].isdigit():
            calls.setdefault(words[3], set()).add((int(words[0]), int(words[1]), words[2]))
    return {path: frozenset(found) for path, found in calls.items()}
