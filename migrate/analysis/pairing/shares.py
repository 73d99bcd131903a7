# SPDX-License-Identifier: GPL-2.0-only
"""Distributes the making of groups over several processes, by folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.model import Acquire, PinGroup, Place
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.pairing.traced import Traced
from migrate.analysis.program.program import Program
from migrate.base.programs.workers import share_out
from migrate.kernel.kept_finds import Found

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_IT = 8
"""The minimum number of folders; with fewer, forking costs more than it saves."""


class Beside(Protocol):
    """An observer that sees each group while the files that it was made from are in memory.

    `brief` says that it only asks whether a group has gaps, and not which.
    """

    brief: bool

    def look(self, group: PinGroup) -> Any:
        """Returns a result for the group, in the process that made it."""

    def learn(self, group: PinGroup, seen: Any) -> None:
        """Takes the result of :meth:`look`, in the parent process."""


def make_groups(
    grouper: Grouper,
    acquires: Sequence[Acquire],
    jobs: int,
    told: Callable[[Sequence[Acquire]], None],
    beside: Beside | None = None,
) -> dict[Place, Traced]:
    """The groups of `acquires`, each by its first acquire. An acquire that is in the group of
    another one of the same folder is skipped."""

    def work(part: Sequence[Acquire]) -> tuple[dict[Place, Traced], list[tuple[PinGroup, Any]]]:
        seen: list[tuple[PinGroup, Any]] = []

        def look(group: PinGroup) -> None:
            if beside is not None:
                seen.append((group, beside.look(group)))

        return grouper.groups(part, look), seen

    corpus = grouper.program.corpus
    folders = _by_folder(corpus, acquires, lambda acquire: acquire.place.path)
    jobs = jobs if len(folders) >= _WORTH_IT else 1
    if jobs > 1:
        _prepare(grouper.program)
    found: dict[Place, Traced] = {}
    for made, seen in _shared("pair", work, folders, grouper.program, jobs, told):
        found |= made
        for group, what in seen:
            if beside is not None:
                beside.learn(group, what)
    return found


def by_folders(
    what: str,
    work: Callable[[Sequence[PinGroup]], Sequence[Result]],
    groups: Sequence[PinGroup],
    program: Program,
    jobs: int,
    told: Callable[[Sequence[PinGroup]], None] = lambda _: None,
) -> list[Result]:
    """The results of `work` for `groups`, which are in the tree of `program`, in their order."""
    numbers = {id(group): number for number, group in enumerate(groups)}
    parts = _by_folder(program.corpus, groups, lambda group: group.acquires[0].place.path)
    jobs = jobs if len(parts) >= _WORTH_IT else 1
    made = _shared(what, work, parts, program, jobs, told)
    found = {
        numbers[id(group)]: result
        for part, results in zip(parts, made, strict=True)
        for group, result in zip(part, results, strict=True)
    }
    return [found[number] for number in range(len(groups))]


def _shared(
    what: str,
    work: Callable[[Sequence[Item]], Result],
    parts: Sequence[Sequence[Item]],
    program: Program,
    jobs: int,
    told: Callable[[Sequence[Item]], None],
) -> Iterator[Result]:
    """The results of `work` for `parts`; what the searches of other processes found is added to
    those of `program`."""

    def with_news(part: Sequence[Item]) -> tuple[Result, tuple[dict[str, Found], ...]]:
        return work(part), program.finds.news()

    for made, news in share_out(what, with_news, parts, jobs, told):
        program.finds.learn(news)
        yield made


def _by_folder(
    corpus: Corpus, items: Iterable[Item], path_of: Callable[[Item], str]
) -> list[list[Item]]:
    """The items by folder, because those of a folder need the same files; the largest folder first,
    because it probably takes longest."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(corpus.scope_folder(path_of(item)), []).append(item)
    return [found[name] for name in sorted(found, key=lambda n: (-corpus.size(n), n))]


def _prepare(program: Program) -> None:
    """Load what each process would have to load for itself otherwise."""
    if program.finds.are_warm:
        return
    program.includes.prefetch()
    program.corpus.public.read()
    program.includes.sort()  # no thread may be searching when processes are forked
