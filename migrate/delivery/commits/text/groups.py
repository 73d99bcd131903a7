# SPDX-License-Identifier: GPL-2.0-only
"""The data about one group for a message: its calls before and after, and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from migrate.base.prose import listed


@dataclass(frozen=True)
class Call:
    """Calls of one function by another: `old` became `new`, which is `old` if it stays and "" if it
    was removed without a replacement; `elsewhere` is the file if it is not the first one of the
    group, without the folder if that is the same."""

    function: str
    path: str
    old: str
    new: str
    elsewhere: str

    @property
    def where(self) -> str:
        """The calling function, with its file if that is not the first one of the group."""
        return f"{self.function}() ({self.elsewhere})" if self.elsewhere else f"{self.function}()"


@dataclass(frozen=True)
class GroupText:
    """One group for a message; `case` is a number as text, "" if none applies; `by_author` says
    that the author decided and not the rules; `fault_in` is the function that now faults a page in
    before the lookup, "" for none; `contracts` are the facts that the author states and the tool
    has not verified; `shown` are the lines of code that show the reason, with their places;
    `warnings` are problems that the edit does not solve, `differs` other differences of the new
    calls; `faults` says that no page is requested, only faulted in, `reads_only` that no call asks
    for write access, `may_read` that some call may not ask for it, `forced` that all of them pass
    FOLL_FORCE, `longterm` that one passes FOLL_LONGTERM, `lent` that pages which are no user memory
    now come without a reference."""

    name: str
    action: str
    case: str
    reason: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    acquires: tuple[Call, ...]
    releases: tuple[Call, ...]
    by_author: bool = False
    fault_in: str = ""
    contracts: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    faults: bool = False
    reads_only: bool = False
    may_read: bool = False
    forced: bool = False
    longterm: bool = False
    lent: bool = False

    @property
    def takers(self) -> tuple[str, ...]:
        """The functions that acquire."""
        return unique(call.function for call in self._changed)

    @property
    def old_acquires(self) -> tuple[str, ...]:
        return unique(call.old for call in self._changed)

    @property
    def new_acquires(self) -> tuple[str, ...]:
        return unique(call.new for call in self._changed)

    @property
    def _changed(self) -> Sequence[Call]:
        """The acquires that change; calls of a helper that takes the pages do not."""
        return [call for call in self.acquires if call.new != call.old] or self.acquires

    @property
    def old_releases(self) -> tuple[str, ...]:
        return unique(call.old for call in self.releases)

    @property
    def new_releases(self) -> tuple[str, ...]:
        return unique(call.new for call in self.releases)

    @property
    def droppers(self) -> str:
        """The functions that release, as text, with their files if they differ."""
        if self.same_function:
            return "the same function" if len(self.takers) == 1 else "the same functions"
        return listed(self.dropping)

    @property
    def droppers_behind(self) -> str:
        """The same for a sentence that begins with the functions that acquire."""
        takers = [f"{name}()" for name in self.takers]
        if len(takers) > 1 or takers[0] not in self.dropping:
            return listed(self.dropping)
        return listed(["it", *(name for name in self.dropping if name != takers[0])])

    @property
    def dropping(self) -> tuple[str, ...]:
        """The functions that release, with their files if they differ."""
        return unique(call.where for call in self.releases)

    @property
    def same_function(self) -> bool:
        """Whether the functions that acquire are those that release."""
        return unique(call.function for call in self.releases) == self.takers


def alike(groups: Sequence[GroupText]) -> list[GroupText]:
    """`groups`, with those merged whose text would be the same word for word."""
    found: dict[object, list[GroupText]] = {}
    for group in groups:
        words = replace(group, name="", acquires=(), releases=(), shown=(), warnings=(), notes=())
        calls = (group.old_acquires, group.new_acquires, group.old_releases, group.new_releases)
        told = group.releases and group.old_releases != group.new_releases
        own = group.name if told and not group.same_function else ""
        found.setdefault((words, calls, own), []).append(group)
    return [
        replace(
            same[0],
            acquires=sum((g.acquires for g in same), ()),
            releases=sum((g.releases for g in same), ()),
            shown=sum((g.shown for g in same), ()),
        )
        for same in found.values()
    ]


def unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name)
