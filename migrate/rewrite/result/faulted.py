# SPDX-License-Identifier: GPL-2.0-only
"""The audit of groups that only faulted pages in: the same number of calls, with another name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from migrate.analysis.model import PinGroup, Place
from migrate.analysis.program.program import Program
from migrate.kernel.tree import Tree
from migrate.rewrite.profile.counterparts import FAULT_IN, Counterparts
from migrate.rewrite.profile.faulted import fault_rules
from migrate.rewrite.profile.model import AcquireRule


def audit_faulted(
    tree: Tree, edited: Tree, groups: Sequence[PinGroup], parts: Counterparts
) -> Iterator[tuple[PinGroup, str]]:
    """Each of `groups`, with its problem in `edited`, "" if there is none."""
    if groups:
        before, after = Program(tree), Program(edited)
        for group in groups:
            yield group, _wrong(group, before, after, fault_rules(group, parts))


def _wrong(
    group: PinGroup, before: Program, after: Program, rules: Mapping[Place, AcquireRule]
) -> str:
    for path, function in sorted({(a.place.path, a.function) for a in group.acquires}):
        here = [a for a in group.acquires if (a.place.path, a.function) == (path, function)]
        new = Counter(rules[a.place].target if rules else FAULT_IN for a in here)
        wanted = _calls(before, path, function) - Counter(a.name for a in here) + new
        if _calls(after, path, function) != wanted:
            return f"other calls in {function}() than before"
    return ""


def _calls(program: Program, path: str, name: str) -> Counter[str]:
    """How often functions of that name in a file call each other function."""
    source = program.source(path)
    functions = source.by_name.get(name, ()) if source is not None else ()
    return Counter(call.name for f in functions for call in program.facts(f).calls)
