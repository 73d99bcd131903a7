# SPDX-License-Identifier: GPL-2.0-only
"""Which calls an edit replaced, and by what, from the file before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import Function, Source, parse
from migrate.rewrite.model import FileChange
from migrate.rewrite.profile.counterparts import FAULT_IN


@dataclass(frozen=True)
class Swap:
    """In `function` of `path` a call of `old` became one of `new`; "" if it was added or
    removed."""

    path: str
    function: str
    old: str
    new: str


def swaps(changes: Iterable[FileChange]) -> tuple[Swap, ...]:
    """Every call that `changes` replaced, in the order of the files; new files have none."""
    return tuple(s for c in changes if c.before is not None for s in _file_swaps(c, c.before))


def successor(old: str, function: str, found: Sequence[Swap]) -> str | None:
    """The replacement of calls of `old` in `function`, or elsewhere if there is none."""
    here = [s.new for s in found if s.old == old and s.new and s.function == function]
    anywhere = [s.new for s in found if s.old == old and s.new]
    return next(iter(here or anywhere), None)


def _file_swaps(change: FileChange, before: bytes) -> list[Swap]:
    old, new = (parse(change.path, text) for text in (before, change.after))
    after = {f.name + str(n): _calls(f.body) for n, f in _numbered(new)}
    found = []
    for n, function in _numbered(old):
        calls = _calls(function.body)
        for was, now in _pairs(calls, after.get(function.name + str(n), [])):
            found.append(Swap(change.path, function.name, was, now))
    return found


def _numbered(source: Source) -> Iterator[tuple[int, Function]]:
    """Each function with the number of functions of the same name before it in the file."""
    seen: dict[str, int] = {}
    for function in source.functions:
        yield seen.get(function.name, 0), function
        seen[function.name] = seen.get(function.name, 0) + 1


def _calls(top: Node) -> list[str]:
    """The names of the functions called below `top`, in source order."""
    found, stack = [], [top]
    while stack:
        node = stack.pop()
        if node.type == "call_expression":
            callee = node.child_by_field_name("function")
            if callee is not None and callee.type == "identifier":
                found.append(name_of(callee))
        stack.extend(reversed(node.children))
    return found


def _pairs(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Old and new names where the lists differ; each name is matched with the most similar new one.

    A call that faults a page in for a later lookup replaces no call; without a lookup it does.
    """
    found: list[tuple[str, str]] = []
    if old == new:
        return found
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        taken = set()
        lookups = [n for n in new[k:m] if n != FAULT_IN]
        for name, best in _successors(old[i:j], lookups or new[k:m]):
            taken.add(best)
            found.append((name, best))
        found += [("", name) for name in new[k:m] if name not in taken]
    return found


def _successors(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Each name of `old` with the most similar one of `new`, leaving enough names for the others:
    lists of equal length are matched in order."""
    fewer = len(new) <= len(old)
    for n, name in enumerate(old):
        low, high = (max(0, len(new) - len(old) + n), n + 1) if fewer else (0, len(new))
        yield name, max(new[low:high], key=lambda other: _likeness(name, other), default="")


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
