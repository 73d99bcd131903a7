# SPDX-License-Identifier: GPL-2.0-only
"""What kernel functions do with a page, read from data/kernel_api.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

RELEASE_EFFECTS = frozenset({"release", "release_bulk"})


@dataclass(frozen=True)
class KernelFunction:
    """`effects` by argument position; see the head of kernel_api.toml for all words."""

    effects: tuple[str, ...] = ()
    result: str = ""
    into: int | None = None
    through: int | None = None

    def effect(self, argument: int) -> str:
        """What happens to argument number `argument`; "" for nothing of interest."""
        return self.effects[argument] if argument < len(self.effects) else ""


@dataclass(frozen=True)
class Borrower:
    """A struct through which others work on pages that they do not hold: what they do, in the
    words of kernel_api.toml, and the functions that it is given to where all are known."""

    use: str
    takers: frozenset[str]


@dataclass(frozen=True)
class Knowledge:
    """All known functions, by exact name and by pattern."""

    exact: dict[str, KernelFunction]
    patterns: tuple[tuple[str, KernelFunction], ...]
    notifier_members: tuple[str, ...]
    notifier_registration: tuple[str, ...]
    borrowers: dict[str, Borrower]
    """By the tags of the structs."""

    def lookup(self, name: str) -> KernelFunction | None:
        """What is known about `name`, or None."""
        found = self.exact.get(name)
        if found is not None or not name:
            return found
        return next((f for p, f in self.patterns if fnmatchcase(name, p)), None)

    @property
    def releases(self) -> tuple[str, ...]:
        """The names of all functions that drop a page reference, sorted."""
        return tuple(sorted(n for n, f in self.exact.items() if RELEASE_EFFECTS & set(f.effects)))


@cache
def knowledge() -> Knowledge:
    """The table of the project, read once."""
    text = files("migrate.analysis.frontend").joinpath("data/kernel_api.toml").read_text("utf-8")
    data = tomllib.loads(text)
    known = {name: KernelFunction(tuple(effects)) for name, effects in data["releases"].items()}
    known |= {name: _function(entry) for name, entry in data["calls"].items()}
    exact = {n: f for n, f in known.items() if "*" not in n}
    return Knowledge(
        exact,
        tuple((n, f) for n, f in known.items() if "*" in n),
        tuple(data["notifier_members"]),
        tuple(data["notifier_registration"]),
        {tag: _borrower(entry) for tag, entry in data["borrowers"].items()},
    )


def _borrower(entry: dict[str, Any]) -> Borrower:
    return Borrower(entry["use"], frozenset(entry.get("takers", ())))


def _function(entry: dict[str, Any]) -> KernelFunction:
    return KernelFunction(
        tuple(entry.get("args", ())),
        entry.get("result", ""),
        entry.get("into"),
        entry.get("through"),
    )
