# SPDX-License-Identifier: GPL-2.0-only
"""How precise an answer is: the cheap one first, and a finer one only where that is not enough.

The idea is that of refinement-based analysis (Sridharan, Bodik: Refinement-Based Context-Sensitive
Points-To Analysis for Java, PLDI 2006). A finer answer is used when it leaves nothing unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrate.analysis.flags.flags import Flags
from migrate.analysis.frontend.guards import Guards
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.model import Place
from migrate.analysis.program.kinds import ObjectKinds


@dataclass(frozen=True)
class Precision:
    """What is told from what.

    Code under conditions that exclude `guards` is left out. With `numbers`, the addresses and pfns
    of pages are followed all over the tree. With `objects`, those of one struct are told from each
    other, and with `flags` pages by what flags say of them; then the stores at `excluded` are known
    not to reach what is asked about. With `kinds`, objects are told from each other by what they
    are for good.
    """

    guards: Guards = frozenset()
    numbers: bool = False
    objects: MayAlias | None = None
    flags: Flags | None = None
    excluded: frozenset[Place] = frozenset()
    kinds: ObjectKinds | None = None

    def all_code(self) -> Precision:
        """The same without conditions of the preprocessor."""
        return replace(self, guards=frozenset())

    def with_numbers(self) -> Precision:
        return replace(self, numbers=True)

    def with_objects(self, objects: MayAlias) -> Precision:
        return replace(self, objects=objects)

    def with_kinds(self, kinds: ObjectKinds) -> Precision:
        return replace(self, kinds=kinds)

    def with_flags(self, flags: Flags, excluded: frozenset[Place]) -> Precision:
        return replace(self, flags=flags, excluded=excluded)
