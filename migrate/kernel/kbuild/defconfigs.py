# SPDX-License-Identifier: GPL-2.0-only
"""The defconfigs of an architecture, and the symbols that they set."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from migrate.kernel.kbuild.toolchains import Architecture
from migrate.kernel.tree import Tree

_SET = re.compile(r"^CONFIG_(\w+)=[ym]\s*$", re.M)
_UNSET = re.compile(r"^# CONFIG_(\w+) is not set\s*$", re.M)
_MERGED = re.compile(
    r"^(\w+_defconfig):\s*\n\t\$\(call merge_into_defconfig\w*,([^,)]*),([^)]*)\)", re.M
)


@dataclass
class Defconfigs:
    """The configurations that `make X_defconfig` can create in a tree."""

    tree: Tree
    _known: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    _unset: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)

    def of(self, arch: Architecture) -> dict[str, frozenset[str]]:
        """The make target of each defconfig, with the symbols that it sets."""
        if arch.name not in self._known:
            folder = f"arch/{arch.source}/configs/"
            paths = [p for p in self.tree.files if p.startswith(folder)]
            texts = {
                path[len(folder) :]: body.decode("utf-8", "replace")
                for path, body in self.tree.read_many(paths).items()
            }
            sets = {name: frozenset(_SET.findall(text)) for name, text in texts.items()}
            self._unset[arch.name] = {
                name: frozenset(_UNSET.findall(text))
                for name, text in texts.items()
                if name.endswith("defconfig")
            }
            ready = {name: s for name, s in sets.items() if name.endswith("defconfig")}
            self._known[arch.name] = ready | self._merged(arch, sets)
        return self._known[arch.name]

    def setting(self, arch: Architecture, symbols: Iterable[str]) -> list[str]:
        """The defconfigs that set one of `symbols`, first those that set the most, then by
        preference."""
        wanted = frozenset(symbols)
        scored = {name: len(wanted & have) for name, have in self.of(arch).items()}
        preferred = {name: n for n, name in enumerate(reversed(arch.defconfigs), 1)}
        useful = [name for name, score in scored.items() if score]
        return sorted(useful, key=lambda n: (-scored[n], -preferred.get(n, 0), n))

    def without(self, arch: Architecture, symbols: Iterable[str]) -> list[str]:
        """The defconfigs that explicitly turn off all of `symbols`; none if `symbols` is empty."""
        wanted = frozenset(symbols)
        self.of(arch)
        off = self._unset[arch.name]
        return sorted(name for name, unset in off.items() if wanted and wanted <= unset)

    def best(self, arch: Architecture, symbols: Iterable[str]) -> list[str]:
        """:meth:`setting`, then the preferred ones that set none of `symbols`."""
        ready = self.of(arch)
        return list(
            dict.fromkeys(
                [*self.setting(arch, symbols), *(n for n in arch.defconfigs if n in ready)]
            )
        )

    def _merged(
        self, arch: Architecture, sets: dict[str, frozenset[str]]
    ) -> dict[str, frozenset[str]]:
        """Configurations that the architecture's makefile merges from fragments."""
        body = self.tree.read(posixpath.join("arch", arch.source, "Makefile")) or b""
        text = re.sub(r"\\\n\s*", " ", body.decode("utf-8", "replace"))
        merged = {}
        for name, first, others in _MERGED.findall(text):
            parts = [first.strip(), *(f"{other}.config" for other in others.split())]
            merged[name] = frozenset().union(*(sets.get(part, frozenset()) for part in parts))
        return merged
