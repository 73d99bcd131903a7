# SPDX-License-Identifier: GPL-2.0-only
"""Contracts: single facts about code that a person states because the analysis cannot find them.

A contract answers one question of the analysis and nothing else; its consequences are computed like
those of any other fact. docs/contracts.md explains each kind; :mod:`migrate.analysis.contracts`
parses contracts and compares them with the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ContractKind(StrEnum):
    """The questions that a person can answer."""

    ARGUMENT = "argument"
    """The effect on argument number n of a function, or of a call through a member."""
    CALLERS = "callers"
    """The callers of a function."""
    STORAGE = "storage"
    """Whether unknown code fills a member, or releases its contents."""
    APART = "apart"
    """Whether pages of one function get to the releases in another one."""
    SOURCES = "sources"
    """The acquires whose pages the releases in a function drop."""
    PAIRED = "paired"
    """Acquires and releases that belong together, and to no others."""
    NOTIFIER = "notifier"
    """Whether an MMU notifier covers the pages."""
    MACRO = "macro"
    """Whether a macro is set in a build."""


class Does(StrEnum):
    """The effect on an argument that holds pages."""

    LOOKS = "looks"
    """Looks at struct page."""
    READS = "reads"
    """Reads the data, and does nothing else."""
    BORROWS = "borrows"
    """Uses the data in any way, but not after it returns."""
    KEEPS = "keeps"
    """Uses the data until another function is called."""
    RELEASES = "releases"
    """Takes the reference over, and drops it."""


@dataclass(frozen=True)
class Contract:
    """One [[contract]]; a field that is "" or None was not given.

    `number` counts the entries of the file from 1, `argument` those of a call from 1. `function` is
    a name, `member` is "tag.name"; `file` is the file that defines a function if several do.
    `callers` are names. `filled` and `released` say that only analysed code does this. Pages of
    `function` do not get to the releases in `never_reaches`; the releases in `function` drop pages
    that the functions `only_from` acquire. `released_in` are the functions that release the
    contents of `member`, all of them, or the pages that the functions `acquired_in` acquire.
    `notifier` is "path:function", the place of its registration.
    """

    number: int
    kind: ContractKind
    why: str
    function: str = ""
    member: str = ""
    file: str = ""
    argument: int = 0
    does: Does | None = None
    until: str = ""
    callers: tuple[str, ...] = ()
    filled: bool = False
    released: bool = False
    released_in: tuple[str, ...] = ()
    acquired_in: tuple[str, ...] = ()
    never_reaches: tuple[str, ...] = ()
    only_from: tuple[str, ...] = ()
    notifier: str = ""
    macro: str = ""
    set: bool = False

    @property
    def name(self) -> str:
        """The name of the contract in messages."""
        return f"Contract {self.number}" if self.number else "This contract"

    def __str__(self) -> str:
        """The statement in one line, without a full stop."""
        return _SENTENCES[self.kind](self)


def _argument(c: Contract) -> str:
    what = f"{c.function}()" if c.function else f"what struct {c.member} points to"
    done = {
        Does.LOOKS: f"only looks at the struct page of its argument {c.argument}",
        Does.READS: f"only reads the data of its argument {c.argument}",
        Does.BORROWS: f"is done with its argument {c.argument} when it returns",
        Does.KEEPS: f"keeps its argument {c.argument} until {c.until}() and does not release it",
        Does.RELEASES: f"takes over the reference to its argument {c.argument}",
    }
    assert c.does is not None
    return f"{what} {done[c.does]}"


def _callers(c: Contract) -> str:
    return f"{c.function}() is called by {_listed(c.callers)} and by nobody else"


def _storage(c: Contract) -> str:
    if c.released_in:
        return f"what is in struct {c.member} is released in {_listed(c.released_in)} alone"
    done = ["filled"] * c.filled + ["released"] * c.released
    return f"struct {c.member} is {' and '.join(done)} by nobody else"


def _sources(c: Contract) -> str:
    return f"the releases in {c.function}() drop pages that {_listed(c.only_from)} acquires, alone"


def _paired(c: Contract) -> str:
    return (
        f"what {_listed(c.acquired_in)} acquires is released in {_listed(c.released_in)} alone,"
        " and nothing else there"
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}()" for name in names)


def _apart(c: Contract) -> str:
    return f"no page of {c.function}() gets to the releases in {_listed(c.never_reaches)}"


def _notifier(c: Contract) -> str:
    return f"the MMU notifier registered in {c.notifier}() is for other ranges"


def _macro(c: Contract) -> str:
    return f"{c.macro} is {'set' if c.set else 'not set'}"


_SENTENCES = {
    ContractKind.ARGUMENT: _argument,
    ContractKind.CALLERS: _callers,
    ContractKind.STORAGE: _storage,
    ContractKind.APART: _apart,
    ContractKind.SOURCES: _sources,
    ContractKind.PAIRED: _paired,
    ContractKind.NOTIFIER: _notifier,
    ContractKind.MACRO: _macro,
}


class Contracts:
    """The contracts of one run; those that answered a question are in :attr:`used`, so that a group
    can list those that it depends on."""

    def __init__(self, stated: Iterable[Contract] = ()) -> None:
        self.stated = tuple(stated)
        self._used: dict[Contract, None] = {}

    def __bool__(self) -> bool:
        return bool(self.stated)

    def begin(self) -> None:
        """Forget which contracts were used."""
        self._used.clear()

    @property
    def used(self) -> tuple[Contract, ...]:
        """The contracts that were used since :meth:`begin`, in the order of the file."""
        return tuple(sorted(self._used, key=lambda contract: contract.number))

    def does(self, position: int, *, function: str = "", member: str = "") -> Does | None:
        """The effect on argument number `position`, from 0, of a call of `function` or through
        `member`."""
        for c in self._of(ContractKind.ARGUMENT):
            if c.argument == position + 1 and (c.function, c.member) == (function, member):
                self._used[c] = None
                return c.does
        return None

    def knows_callers(self, function: str, path: str, found: Iterable[str]) -> bool:
        """Whether `found` are, by name, all callers of `function`, which `path` defines."""
        for c in self._of(ContractKind.CALLERS):
            if c.function == function and c.file in ("", path) and {*found} <= {*c.callers}:
                self._used[c] = None
                return True
        return False

    def fills_nowhere_else(self, member: str) -> bool:
        """Whether all code that fills `member` is known."""
        return self._closed(member, filled=True)

    def releases_nowhere_else(self, member: str) -> bool:
        """Whether all code that releases the contents of `member` is known."""
        return self._closed(member, filled=False)

    def releasing(self, member: str) -> tuple[str, ...]:
        """The functions that release the contents of `member`; none if that is not known."""
        for c in self._of(ContractKind.STORAGE):
            if c.member == member and c.released_in:
                self._used[c] = None
                return c.released_in
        return ()

    def sources(self, release: str, path: str) -> tuple[str, ...]:
        """The functions whose pages the releases in `release` of `path` drop; none if that is not
        known."""
        for c in self._of(ContractKind.SOURCES):
            if c.function == release and c.file in ("", path):
                self._used[c] = None
                return c.only_from
        for c in self._of(ContractKind.PAIRED):
            if release in c.released_in and c.file in ("", path):
                self._used[c] = None
                return c.acquired_in
        return ()

    def are_paired(self, acquiring: Iterable[str], releasing: Iterable[str]) -> bool:
        """Whether the pages that the functions `acquiring` acquire are released only in the
        functions `releasing`, all of which have a release."""
        taking, dropping = {*acquiring}, {*releasing}
        for c in self._of(ContractKind.PAIRED):
            if taking & {*c.acquired_in}:
                self._used[c] = None
                return taking <= {*c.acquired_in} and dropping == {*c.released_in}
        return False

    def _closed(self, member: str, *, filled: bool) -> bool:
        for c in self._of(ContractKind.STORAGE):
            if c.member == member and (c.filled if filled else c.released):
                self._used[c] = None
                return True
        return False

    def are_apart(self, source: str, release: str, path: str) -> bool:
        """Whether pages of the function `source` do not get to the releases in `release`, a
        function of `path`."""
        for c in self._of(ContractKind.APART):
            if c.function == source and release in c.never_reaches and c.file in ("", path):
                self._used[c] = None
                return True
        return False

    @property
    def tells_apart(self) -> bool:
        """Whether any contract is about single releases."""
        return any(self._of(ContractKind.APART))

    def is_for_other_ranges(self, path: str, function: str) -> bool:
        """Whether the notifier that `function` of `path` registers does not cover the pages."""
        for c in self._of(ContractKind.NOTIFIER):
            if c.notifier == f"{path}:{function}":
                self._used[c] = None
                return True
        return False

    def rules_out(self, guards: Iterable[tuple[str, bool]]) -> bool:
        """Whether code under these preprocessor conditions is not compiled."""
        for c in self._of(ContractKind.MACRO):
            if (c.macro, not c.set) in guards:
                self._used[c] = None
                return True
        return False

    def _of(self, kind: ContractKind) -> Iterable[Contract]:
        return (c for c in self.stated if c.kind is kind)
