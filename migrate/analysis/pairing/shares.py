# SPDX-License-Identifier: GPL-2.0-only
"""Groups made by several processes, each of which takes one folder after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from migrate.analysis.frontend.corpus import Corpus
from migrate.analysis.model import Acquire, PinGroup, Place
from migrate.analysis.pairing.group import Grouper, Traced
from migrate.analysis.program.program import Program
from migrate.base.programs.workers import share_out
from migrate.kernel.kept_finds import Found

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_IT = 8
"""With fewer folders, copies of the process cost more than they save."""


class Beside(Protocol):
    """Who looks at each group while the files that it was made of are in memory."""

    def look(self, group: PinGroup) -> Any:
        """Something about the group, in the process that made it."""

    def learn(self, group: PinGroup, seen: Any) -> None:
        """What was seen, in this process."""


def make_groups(
    grouper: Grouper,
    acquires: Sequence[Acquire],
    jobs: int,
    told: Callable[[Sequence[Acquire]], None],
    beside: Beside | None = None,
) -> dict[Place, Traced]:
    """The groups of `acquires` by their first; what is in another's group of the same folder is
    left out."""

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
    """What `work` makes of each of `groups`, of the tree of `program`, in their order."""
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
    """What `work` makes of each of `parts`; what a copy found in the tree is known here, too."""

    def with_news(part: Sequence[Item]) -> tuple[Result, tuple[dict[str, Found], ...]]:
        return work(part), program.finds.news()

    for made, news in share_out(what, with_news, parts, jobs, told):
        program.finds.learn(news)
        yield made


def _by_folder(
    corpus: Corpus, items: Iterable[Item], path_of: Callable[[Item], str]
) -> list[list[Item]]:
    """What stands in the same folder, for it needs the same files; the largest folder first, as
    it is likely to take the longest."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(corpus.scope_folder(path_of(item)), []).append(item)
    return [found[name] for name in sorted(found, key=lambda n: (-corpus.size(n), n))]


def _prepare(program: Program) -> None:
    """Have in memory what every process would have to find out for itself otherwise."""
    if program.finds.are_warm:
        return
    program.includes.prefetch()
    program.corpus.public.read()
    program.includes.sort()  # and no thread is in the middle of that search
