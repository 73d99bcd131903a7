# SPDX-License-Identifier: GPL-2.0-only
"""How many groups each boundary that the analysis crosses has opened, and how often wrongly.

    python -m bench.boundaries LINUX... [--facts bench/later-5.3.toml] [--workspaces PREFIX]
                               [--record docs/accuracy.md]

LINUX is a git checkout; it is only read. A group is opened by a boundary when it is decided, and
`manual` as soon as the analysis stops there again: each boundary is a few questions, and without
it they are answered as if nobody looked further. A group may need several. Wrong is a pin where
the facts, for the kernel that they are about, say that people left a plain reference.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from bench.later import FACTS, Fact, Row, read_facts
from bench.record import add_record, show
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.model import Acquire, Action, PinGroup, Place, Scan, Verdict
from migrate.analysis.pairing.group import Grouper
from migrate.analysis.program.callers import Callers
from migrate.analysis.program.linker import Linker
from migrate.analysis.program.locations import Locations
from migrate.analysis.program.pointer_calls import PointerCalls
from migrate.analysis.program.program import Program
from migrate.analysis.program.tables import Tables
from migrate.analysis.verdicts.classify import verdict
from migrate.base.stores import stage_file as stored
from migrate.kernel.signatures import DIRECT_NAMES
from migrate.kernel.tree import Tree, open_tree

_PAIRING = "migrate.analysis.pairing"
_UNDECIDED = frozenset({Action.MANUAL})


@dataclass(frozen=True)
class Question:
    """A function that answers beyond a boundary: its path, and what it answers on this side, made
    of the function as it is and the arguments."""

    path: str
    near: Callable[..., Any]


@dataclass(frozen=True)
class Boundary:
    """One that the analysis stopped at once, with the questions that lead past it."""

    name: str
    questions: tuple[Question, ...]


def _path(owner: type, name: str) -> str:
    return f"{owner.__module__}.{owner.__qualname__}.{name}"


def _always(answer: object) -> Callable[..., Any]:
    return lambda *_, **__: answer


def _nearby(ask: Callable[..., Any], self: Callers, function: Any, *_: Any, **__: Any) -> Any:
    return ask(self, function, False)


def _nearby_gap(ask: Callable[..., Any], self: Callers, function: Any, _: bool, kind: Any) -> Any:
    return ask(self, function, False, kind)


def _private(
    ask: Callable[..., Any], self: Any, cell: Any, path: str, *more: Any, **named: Any
) -> Any:
    public = self._types.is_public(cell.tag, path)
    return None if public else ask(self, cell, path, *more, **named)


def _own_tables(ask: Callable[..., Any], self: Any, function: Any, paths: Any, _: bool) -> Any:
    return ask(self, function, paths, False)


def _unchanged(_ask: Callable[..., Any], _program: Any, _trace: Any, uses: Any) -> Any:
    return uses


BOUNDARIES = (
    Boundary(
        "1 exported functions",
        (
            Question(_path(Callers, "of"), _nearby),
            Question(_path(Callers, "none"), _nearby),
            Question(_path(Callers, "gap"), _nearby_gap),
        ),
    ),
    Boundary(
        "2 function pointers of public tables",
        (
            Question(_path(Tables, "held"), _always(())),
            Question(_path(PointerCalls, "of"), _own_tables),
        ),
    ),
    Boundary("3 callees in other folders", (Question(_path(Linker, "meant"), _always(())),)),
    Boundary(
        "4 structs of public headers",
        (Question(_path(Locations, "member_files"), _private),),
    ),
    Boundary(
        "5 MMU notifiers by reach",
        (Question("migrate.analysis.traits.traits.may_reach", _always(True)),),
    ),
    Boundary(
        "6 pages of others in the same storage",
        (
            Question(_path(MayAlias, "owners"), _always(None)),
            Question(f"{_PAIRING}.group.by_flags", _always(None)),
            Question(f"{_PAIRING}.backward.last_store", _always(None)),
        ),
    ),
    Boundary(
        "8 conditions that this version decides",
        (
            Question(f"{_PAIRING}.backward.never", _always(False)),
            Question(f"{_PAIRING}.closure.never", _always(False)),
            Question("migrate.analysis.valueflow.forward.never", _always(False)),
        ),
    ),
    Boundary(
        "9 numbers that are only compared",
        (Question(f"{_PAIRING}.finish.with_keys", _unchanged),),
    ),
)
"""By their numbers in the project's list. Of types (7) and of names of the API (10) no question is
asked that could be left open: without them a group is not seen at all, or is another."""


@contextmanager
def watched(stops: Boundary | None, crossed: set[str]) -> Iterator[None]:
    """Whatever is asked meanwhile puts the boundaries that it goes past into `crossed`; at `stops`
    it is answered on this side."""
    with ExitStack() as stack:
        for boundary in BOUNDARIES:
            for question in boundary.questions:
                answer = _answer(question, boundary, boundary is stops, crossed)
                stack.enter_context(patch(question.path, answer))
        yield


def _answer(
    question: Question, boundary: Boundary, stops: bool, crossed: set[str]
) -> Callable[..., Any]:
    ask = resolve_name(question.path)

    def answer(*given: Any, **named: Any) -> Any:
        near = question.near(ask, *given, **named)
        if stops:
            return near
        far = ask(*given, **named)
        if far != near:
            crossed.add(boundary.name)
        return far

    return answer


@dataclass
class Opened:
    """The groups of one tree by the boundary that opened them."""

    decided: int = 0
    groups: dict[str, list[tuple[PinGroup, Verdict]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def opened(tree: Tree, acquires: Sequence[Acquire]) -> Opened:
    """Each group of a direct call, once as it is and once without each boundary that it crosses."""
    found, done = Opened(), set[Place]()
    firsts: dict[str, list[Acquire]] = defaultdict(list)
    decided: dict[Place, tuple[PinGroup, Verdict]] = {}
    crossed: set[str] = set()
    with watched(None, crossed):
        program = Program(tree)
        for acquire in acquires:
            if acquire.place in done or acquire.name not in DIRECT_NAMES:
                continue
            crossed.clear()
            group, own = _decided(program, acquires, acquire)
            done.update(a.place for a in group.acquires)
            if own.action not in _UNDECIDED:
                decided[acquire.place] = group, own
                for name in crossed:
                    firsts[name].append(acquire)
    found.decided = len(decided)
    for boundary in BOUNDARIES:
        with watched(boundary, set()):
            program = Program(tree)
            for acquire in firsts[boundary.name]:
                _, without = _decided(program, acquires, acquire)
                if without.action in _UNDECIDED:
                    found.groups[boundary.name].append(decided[acquire.place])
    return found


def _decided(
    program: Program, acquires: Sequence[Acquire], first: Acquire
) -> tuple[PinGroup, Verdict]:
    """The group of `first`, by an analysis that has looked at no other: what was asked for another
    is not asked again."""
    group = Grouper(program, tuple(acquires)).groups([first])[first.place].group
    return group, verdict(group, pins_read_only=True)


def wrong(found: Sequence[tuple[PinGroup, Verdict]], facts: Sequence[Fact]) -> int:
    """How many groups change what people left, and nobody has judged so."""
    known = {fact.key: fact for fact in facts}
    return sum(
        any(
            fact is not None and Row(fact, own.action, own.rule).harm
            for a in group.acquires
            for fact in [known.get((a.place.path, a.function))]
        )
        for group, own in found
    )


def table(kernels: Mapping[str, tuple[Opened, Sequence[Fact] | None]]) -> list[str]:
    """The lines of the section; no facts of a kernel are no answer."""
    lines = [
        "## What each boundary opened",
        "",
        "Groups of direct calls that are decided, and would be `manual` if the analysis stopped at",
        "that boundary; a group may need several. Wrong are pins where people left a plain",
        "reference later, and nobody has judged it; where no such facts are, there is a dash.",
        "",
        f"| boundary | {' | '.join(f'{name} | wrong' for name in kernels)} |",
        f"| --- |{' --- | --- |' * len(kernels)}",
    ]
    for boundary in BOUNDARIES:
        cells = [
            f"{len(of)} | {'-' if facts is None else wrong(of, facts)}"
            for found, facts in kernels.values()
            for of in [found.groups[boundary.name]]
        ]
        lines.append(f"| {boundary.name} | {' | '.join(cells)} |")
    cells = [f"{found.decided} | " for found, _ in kernels.values()]
    return [*lines, f"| decided in all | {' | '.join(cells)}|"]


def _scanned(linux: Path, workspace: str) -> Scan:
    argv = [sys.executable, "-m", "migrate", "scan", str(linux), "--workspace", workspace]
    if subprocess.run(argv, stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit(f"It failed on {linux.name}.")
    read = stored.load(Path(workspace) / "scan.json", Scan, print)
    if read is None:
        sys.exit(f"No scan of {linux.name} is left.")
    return read.value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("trees", type=Path, nargs="+", metavar="LINUX")
    parser.add_argument("--facts", type=Path, default=FACTS)
    parser.add_argument("--workspaces", help="the beginning of the paths of workspaces to keep")
    add_record(parser, "bench.boundaries")
    arguments = parser.parse_args()
    about = arguments.facts.stem.partition("-")[2]
    kernels: dict[str, tuple[Opened, Sequence[Fact] | None]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-boundaries-") as scratch:
        prefix = arguments.workspaces or f"{scratch}/"
        for linux in arguments.trees:
            tree, name = open_tree(linux.resolve()), linux.name.removeprefix("linux-")
            found = opened(tree, _scanned(linux, f"{prefix}{linux.name}").acquires)
            version = ".".join(map(str, tree.version[:2]))
            kernels[name] = found, read_facts(arguments.facts) if version == about else None
    lines = table(kernels)
    show(lines, arguments.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
