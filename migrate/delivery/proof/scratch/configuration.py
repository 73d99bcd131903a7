# SPDX-License-Identifier: GPL-2.0-only
"""The configuration of a proof: a small machine, and what the converted objects need."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.delivery.compile.model import Recipe
from migrate.kernel.kbuild.kconfig import Kconfig
from migrate.kernel.kbuild.makefiles import ON
from migrate.kernel.kbuild.routes import Kbuild
from migrate.kernel.kbuild.toolchains import Architecture
from migrate.kernel.tree import Tree

_DATA = Path(__file__).parent / "data/base.toml"
_BASE = "tinyconfig"


@dataclass(frozen=True)
class NotHere:
    """Why an object cannot be part of the kernel that is built, in one line."""

    reason: str


@dataclass
class Configuring:
    """Finds the symbols to set for objects in a tree, for one architecture; `values` are those that
    the small machine sets."""

    tree: Tree
    arch: Architecture
    values: Mapping[str, str]

    def __post_init__(self) -> None:
        self._kbuild = Kbuild(self.tree)
        self._kconfig = Kconfig(self.tree)

    def wishes(self, source: str) -> dict[str, str] | NotHere:
        """The symbols to set so that the object of `source` is built in."""
        owners = [o for o in self._kbuild.owners(source) if o.arch in ("", self.arch.source)]
        if not owners:
            named = source.split("/")
            if named[0] == "arch" and named[1] != self.arch.source:
                return NotHere(f"only on {named[1]}")
            return NotHere("no makefile builds it")
        allowed: frozenset[str] | None = None
        for owner in owners:
            for way in owner.ways:
                needed = [g.symbol for g in way if set(ON) & set(g.values)]
                found = self._of_symbols(needed)
                if found is not None:
                    return found
                allowed = self._kconfig.architectures(needed)
        if allowed is not None and self.arch.source not in allowed:
            return NotHere(f"only on {', '.join(sorted(allowed)) or 'no architecture'}")
        return NotHere(f"its symbols cannot be set on {self.arch.name}")

    def with_needs(self, symbols: Sequence[str]) -> dict[str, str]:
        """`symbols` that this tree has, with their dependencies."""
        found: dict[str, str] = {}
        for symbol in symbols:
            if self._kconfig.definitions(symbol):
                found |= self._of_symbols([symbol]) or {symbol: "y"}
        return found

    def _of_symbols(self, symbols: Sequence[str]) -> dict[str, str] | None:
        allowed = self._kconfig.architectures(symbols)
        if allowed is not None and self.arch.source not in allowed:
            return None
        return self._kconfig.wishes(symbols, self.arch.source, self.values)


def recipe(
    label: str, arch: str, wishes: Iterable[Mapping[str, str]] = (), *, kasan: bool = False
) -> Recipe:
    """The configuration `label` with all of `wishes` built in, on the small machine of the
    architecture `arch`; `kasan` turns KASAN on."""
    values = _small_machine("all") | _small_machine(arch)
    if kasan:
        label, values = f"{label}-kasan", values | _small_machine("kasan")
    for wish in wishes:
        values |= {s: "n" if v == "n" else "y" for s, v in wish.items() if values.get(s) != "y"}
    return Recipe(_BASE, tuple(values.items()), label)


@cache
def _data() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def _small_machine(part: str) -> dict[str, str]:
    """The symbols of a part of the small machine, "y" or "n"."""
    lists = _data()[part]
    values = {s: "y" for name, symbols in lists.items() if name != "off" for s in symbols}
    return dict.fromkeys(lists.get("off", ()), "n") | values
