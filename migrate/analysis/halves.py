# SPDX-License-Identifier: GPL-2.0-only
"""Groups of many acquires on two processors: a copy of this process makes half of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from migrate.analysis.corpus import scope_folder
from migrate.analysis.group import Grouper, Traced
from migrate.analysis.model import Acquire, Place
from migrate.base import codec
from migrate.base.beside import Beside

_WORTH_IT = 8
"""With fewer folders, the copy costs more than it saves."""

_PATIENCE = 60.0
"""Seconds to wait for the last folder of the copy when there are no more."""

_NUMBER = 2
_MOST = 4096
"""Folders: their numbers, of two bytes each, fit into a pipe at once."""


def make_groups(
    grouper: Grouper, acquires: Sequence[Acquire], told: Callable[[], None]
) -> dict[Place, Traced]:
    """The groups of `acquires` by their first; what is in another's group may be left out.

    Each process takes one folder after the other, for the acquires of a folder need the same
    files. When there are few, or the copy fails, those that nobody made are left out, too.
    """
    by_folder: dict[str, list[Acquire]] = {}
    for acquire in acquires:
        by_folder.setdefault(scope_folder(acquire.place.path), []).append(acquire)
    if len(by_folder) < _WORTH_IT:
        return {}
    program = grouper.program
    program.includes.prefetch()
    program.corpus.read_headers()
    program.includes.lines  # noqa: B018 - the copy has it, too, and no thread is in the middle
    with _Heap(list(by_folder.values())) as heap:

        def work() -> bytes:
            made = _made(grouper, heap, lambda: None)
            found = [(codec.to_data(place), codec.to_data(made[place])) for place in made]
            return json.dumps(found).encode()

        with Beside(work) as copy:
            made = _made(grouper, heap, told)
            answer = copy.answer(_PATIENCE)
    for place, traced in json.loads(answer) if answer is not None else ():
        made[codec.from_data(place, Place)] = codec.from_data(traced, Traced)
    return made


class _Heap:
    """Parts of the work from which this process and its copy each take the next one: a pipe with
    their numbers in it."""

    def __init__(self, parts: Sequence[Sequence[Acquire]]) -> None:
        self._parts = parts[:_MOST]

    def __enter__(self) -> Self:
        self._reading, writing = os.pipe()
        os.write(writing, b"".join(n.to_bytes(_NUMBER, "big") for n in range(len(self._parts))))
        os.close(writing)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reading)

    def __iter__(self) -> Iterator[Acquire]:
        while number := os.read(self._reading, _NUMBER):
            yield from self._parts[int.from_bytes(number, "big")]


def _made(
    grouper: Grouper, acquires: Iterable[Acquire], told: Callable[[], None]
) -> dict[Place, Traced]:
    made: dict[Place, Traced] = {}
    done: set[Place] = set()
    for acquire in acquires:
        if acquire.place not in done:
            made[acquire.place] = grouper.group(acquire)
            done.update(a.place for a in made[acquire.place].group.acquires)
        told()
    return made
