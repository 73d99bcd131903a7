# SPDX-License-Identifier: GPL-2.0-only
"""The precision of the analysis of a group: a cheap one first, a higher one only where needed.

The idea is that of refinement-based analysis (Sridharan, Bodik: Refinement-Based Context-Sensitive
Points-To Analysis for Java, PLDI 2006). The result with a higher precision is used only if nothing
remains unknown in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrate.analysis.flags.flags import Flags
from migrate.analysis.flags.own_references import OwnReferences
from migrate.analysis.frontend.guards import Guards
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.model import Place
from migrate.analysis.program.location import ObjectKinds

_NONE = OwnReferences()


@dataclass(frozen=True)
class Precision:
    """What the analysis distinguishes.

    Code under preprocessor conditions that exclude `guards` is left out. With `numbers`, the
    addresses and pfns of pages are followed in the whole tree. With `objects`, objects of one
    struct are distinguished; with `flags`, pages are distinguished by flags beside them, and the
    stores at `excluded` are ignored, because they cannot reach the releases. With `kinds`, objects
    are distinguished by their fixed kind. What is stored with a reference of its own, `owned`, is
    not followed.
    """

    guards: Guards = frozenset()
    numbers: bool = False
    objects: MayAlias | None = None
    flags: Flags | None = None
    excluded: frozenset[Place] = frozenset()
    kinds: ObjectKinds | None = None
    owned: OwnReferences = _NONE

    def all_code(self) -> Precision:
        """The same without preprocessor conditions."""
        return replace(self, guards=frozenset())

    def with_numbers(self) -> Precision:
        return replace(self, numbers=True)

    def with_objects(self, objects: MayAlias) -> Precision:
        return replace(self, objects=objects)

    def with_kinds(self, kinds: ObjectKinds) -> Precision:
        return replace(self, kinds=kinds)

    def with_owned(self, owned: OwnReferences) -> Precision:
        return replace(self, owned=owned)

    def with_flags(self, flags: Flags, excluded: frozenset[Place]) -> Precision:
        return replace(self, flags=flags, excluded=excluded)
