# SPDX-License-Identifier: GPL-2.0-only
"""How to set a CONFIG symbol, and on which architectures that is possible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.kernel.kbuild.expression import And, Expression, Not, Or, Symbol, positive_symbols
from migrate.kernel.kbuild.kconfig_file import Definition, parse
from migrate.kernel.kbuild.makefiles import ON
from migrate.kernel.tree import Tree

_KCONFIG_NAME = re.compile(r"(^|/)Kconfig[^/]*$")
_DEEPEST = 12
_RELATED_STEPS = 3


@dataclass
class Kconfig:
    """The Kconfig files of a tree; the first query reads all of them."""

    tree: Tree

    @cached_property
    def _symbols(self) -> dict[str, list[Definition]]:
        paths = [p for p in self.tree.files if _KCONFIG_NAME.search(p)]
        found: dict[str, list[Definition]] = {}
        for path, body in self.tree.read_many(paths).items():
            for definition in parse(path, body.decode("utf-8", "replace")):
                found.setdefault(definition.symbol, []).append(definition)
        return found

    @cached_property
    def _selectors(self) -> dict[str, list[Definition]]:
        """For each symbol the entries that select it."""
        found: dict[str, list[Definition]] = {}
        for definitions in self._symbols.values():
            for definition in definitions:
                for symbol in definition.selects:
                    found.setdefault(symbol, []).append(definition)
        return found

    def definitions(self, symbol: str) -> Sequence[Definition]:
        """Every definition of `symbol`, over all architectures."""
        return self._symbols.get(symbol, ())

    def architectures(self, symbols: Iterable[str]) -> frozenset[str] | None:
        """The folders below arch/ in which all of `symbols` can be set; None if there is no
        restriction."""
        allowed: frozenset[str] | None = None
        for symbol in symbols:
            allowed = _both(allowed, self._allowed(symbol, frozenset()))
        return allowed

    def related(self, symbols: Iterable[str], arch: str) -> set[str]:
        """`symbols`, their dependencies, and the symbols that select those: for comparing
        configurations."""
        found: set[str] = set()
        wave = set(symbols)
        for _ in range(_RELATED_STEPS):
            found |= wave
            here = [d for s in wave for d in self.definitions(s) if d.arch in ("", arch)]
            wave = {n for d in here for need in d.needs for n in positive_symbols(need)} - found
        selectors = {
            d.symbol for s in found for d in self._selectors.get(s, ()) if d.arch in ("", arch)
        }
        hidden = {s for s in found if not any(d.prompt for d in self.definitions(s))}
        return found | (selectors if hidden else set())

    def with_selected(self, symbols: Iterable[str], arch: str) -> set[str]:
        """`symbols` with all symbols that they select or imply, directly or indirectly."""
        found: set[str] = set()
        wave = set(symbols)
        while wave:
            found |= wave
            here = [d for s in wave for d in self.definitions(s) if d.arch in ("", arch)]
            wave = {s for d in here for s in d.selects} - found
        return found

    def wishes(
        self, symbols: Iterable[str], arch: str, config: Mapping[str, str]
    ) -> dict[str, str] | None:
        """The values to change in `config` so that `symbols` can be set, "n" for off.

        Returns None if that would require another kind of machine: a member of a choice that is not
        chosen, or a symbol that cannot be set on `arch`.
        """
        wished: dict[str, str] = {}
        by_hand_first = sorted(symbols, key=lambda s: not self._has_prompt(s, arch))
        for symbol in by_hand_first:
            if not self._wish(symbol, arch, config, wished):
                return None
        return wished

    def can_be_off(self, symbol: str, arch: str) -> bool:
        """Whether a configuration of `arch` may lack `symbol`. A symbol without a prompt that
        nothing selects has its default value."""
        here = [d for d in self.definitions(symbol) if d.arch in ("", arch)]
        selected = any(d.arch in ("", arch) for d in self._selectors.get(symbol, ()))
        return not here or selected or any(d.prompt or d.needs for d in here)

    def _has_prompt(self, symbol: str, arch: str) -> bool:
        return any(d.prompt for d in self.definitions(symbol) if d.arch in ("", arch))

    def _wish(
        self, symbol: str, arch: str, config: Mapping[str, str], wished: dict[str, str]
    ) -> bool:
        """Add the values that `symbol` needs to `wished`; False if it cannot be set."""
        if config.get(symbol) in ON or symbol in wished:
            return wished.get(symbol, "y") != "n"
        selectors = self._selectors.get(symbol, [])
        if any(wished.get(d.symbol, "n") in ON for d in selectors):
            return True
        here = [d for d in self.definitions(symbol) if d.arch in ("", arch)]
        for definition in here:
            if definition.prompt and not definition.chosen:
                wished[symbol] = "m" if definition.tristate else "y"
                if all(self._wish_for(need, arch, config, wished) for need in definition.needs):
                    return True
                del wished[symbol]
        if any(d.prompt for d in here):
            return False
        for selector in selectors:
            if selector.prompt and selector.arch in ("", arch) and not selector.chosen:
                attempt = dict(wished)
                if self._wish(selector.symbol, arch, config, attempt):
                    wished.update(attempt)
                    return True
        # Neither a prompt nor a selector: its default may turn it on with its dependencies.
        return bool(here) and not selectors and self._needs_met(here[0], arch, config, wished)

    def _needs_met(
        self,
        definition: Definition,
        arch: str,
        config: Mapping[str, str],
        wished: dict[str, str],
    ) -> bool:
        if not definition.needs:
            return False
        return all(self._wish_for(need, arch, config, wished) for need in definition.needs)

    def _wish_for(
        self, need: Expression, arch: str, config: Mapping[str, str], wished: dict[str, str]
    ) -> bool:
        match need:
            case Symbol(name):
                return self._wish(name, arch, config, wished)
            case Not(Symbol(name)):
                if config.get(name) in ON:
                    wished.setdefault(name, "n")
                return wished.get(name, "n") == "n"
            case And(parts):
                return all(self._wish_for(part, arch, config, wished) for part in parts)
            case Or(parts):
                if any(p.name in config for p in parts if isinstance(p, Symbol)):
                    return True
                for part in parts:
                    attempt = dict(wished)
                    if self._wish_for(part, arch, config, attempt):
                        wished.update(attempt)
                        return True
                return False
            case _:
                return True

    def _allowed(self, symbol: str, seen: frozenset[str]) -> frozenset[str] | None:
        if symbol in seen or len(seen) > _DEEPEST:
            return None
        allowed: frozenset[str] = frozenset()
        for definition in self.definitions(symbol):
            here = frozenset({definition.arch}) if definition.arch else None
            for need in definition.needs:
                here = _both(here, self._restriction(need, seen | {symbol}))
            if here is None:
                return None
            allowed |= here
        return allowed

    def _restriction(self, need: Expression, seen: frozenset[str]) -> frozenset[str] | None:
        match need:
            case Symbol(name):
                return self._allowed(name, seen)
            case And(parts):
                every: frozenset[str] | None = None
                for part in parts:
                    every = _both(every, self._restriction(part, seen))
                return every
            case Or(parts):
                some = [self._restriction(part, seen) for part in parts]
                if any(s is None for s in some):
                    return None
                return frozenset().union(*(s for s in some if s is not None))
            case _:
                return None


def _both(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
