# SPDX-License-Identifier: GPL-2.0-only
"""Parses the output of the guest on its serial console: results of exercises, and tables of
pins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

_OURS = re.compile(r"gup-prove: (.*?)\s*$")
_SPLAT = re.compile(
    r"WARNING: |BUG: |\bOops\b|kernel BUG at|Kernel panic|general protection fault"
    r"|Bad page state|Unable to handle|refcount_t: |list_(add|del) corruption"
)
_ROW = re.compile(r"\| (ACQUIRE|RELEASE|PAIR|HELD|RAN|KERNEL|SUM) (.*)")
_CALLED = re.compile(r"([A-Za-z_]\w*)(?:\.\w+)*\+0x[0-9a-f]+/0x[0-9a-f]+")
"""A line of a call trace, as in " ? f.part.0+0x10/0x20"."""
_STAMP = re.compile(r"^\[\s*\d+\.\d+\](\[[^\]]*\])?\s*")
_STARVED = "memory"
"""The name in data/guest.c of the pass in which allocations fail."""
_TAINTS = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14
"""Bad page, died, warned, locked up: include/linux/panic.h."""


@dataclass(frozen=True, order=True)
class Site:
    """A call in the scratch build; the path is as the compiler had it, "-" for none."""

    path: str
    line: int


@dataclass
class Table:
    """Pins since the guest started: `acquires` and `releases` have the pages by site. `places` are
    the basic blocks that were executed, as offsets from the beginning of the kernel's code, only in
    the last table. `kernel` is the kernel's name for itself."""

    acquires: dict[Site, int] = field(default_factory=dict)
    releases: dict[Site, int] = field(default_factory=dict)
    pairs: dict[tuple[Site, Site], tuple[int, int]] = field(default_factory=dict)
    held: dict[Site, int] = field(default_factory=dict)
    lost: int = 0
    places: set[int] = field(default_factory=set)
    kernel: str = ""


@dataclass(frozen=True)
class Splat:
    """A warning or error of the kernel, the exercise that was running, "" if none, the functions in
    its call trace, and whether allocations were failing: some code assumes that they cannot."""

    text: str
    exercise: str
    functions: frozenset[str] = frozenset()
    starved: bool = False


@dataclass
class Console:
    """`tables` are those that are complete, by pass; `results` the results of each exercise, by
    pass and name. `problem` says why the output cannot be used, "" if it can."""

    release: str = ""
    tables: dict[str, Table] = field(default_factory=dict)
    results: dict[tuple[str, str], str] = field(default_factory=dict)
    splats: list[Splat] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    finished: bool = False
    problem: str = ""

    @property
    def last(self) -> Table | None:
        """The last complete table, which includes all earlier ones."""
        return list(self.tables.values())[-1] if self.tables else None

    @property
    def unfinished(self) -> tuple[str, ...]:
        return tuple(name for name in self.begun if name not in self.tables)


def read_console(output: bytes) -> Console:
    """Parse the output, even if it is incomplete."""
    found = Console()
    reader = _Reader(found)
    for raw in output.decode("utf-8", "replace").splitlines():
        if ours := _OURS.search(raw):
            reader.ours(ours[1])
        elif _SPLAT.search(raw):
            reader.splat(_STAMP.sub("", raw.strip())[:200])
        if called := _CALLED.search(raw):
            reader.called(called[1])
    if not found.release:
        found.problem = "the kernel does not start"
    elif not found.tables:
        found.problem = reader.trouble or "the guest ended before it had shown its pins"
    return found


@dataclass
class _Reader:
    console: Console
    exercise: str = ""
    rows: list[str] = field(default_factory=list)
    trouble: str = ""
    first: int = 0
    """The first warning since the exercise began, or since the last one ended."""

    def ours(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        match word:
            case "begin":
                self.console.release = rest
            case "pass":
                self.console.begun.append(rest)
            case "start":
                self.exercise, self.first = rest, len(self.console.splats)
            case "end":
                self._ended(rest)
            case "table":
                self.rows = []
            case "|":
                self.rows.append(text)
            case "over":
                self._over(rest.split())
            case "no":
                self.trouble = f"the guest has no {rest}"
            case "finished":
                self.console.finished = True

    def splat(self, text: str) -> None:
        known = self.console.splats[self.first :]
        functions = known[0].functions if known else frozenset()
        starved = self.console.begun[-1:] == [_STARVED]
        self.console.splats.append(Splat(text, self.exercise, functions, starved))

    def called(self, function: str) -> None:
        """A function in a call trace of the running exercise: of an oops, which consists of several
        messages, and of its consequences."""
        for n in range(self.first, len(self.console.splats)):
            splat = self.console.splats[n]
            self.console.splats[n] = replace(splat, functions=splat.functions | {function})

    def _ended(self, rest: str) -> None:
        name, _, said = rest.partition(" ")
        _, _, what = said.partition(" ")
        if self.console.begun:
            self.console.results[self.console.begun[-1], name] = what
        self.exercise, self.first = "", len(self.console.splats)

    def _over(self, words: Sequence[str]) -> None:
        """A table is only used if every line of it arrived."""
        if len(words) != 4 or not words[1].isdecimal():
            return
        name, count, tainted = words[0], int(words[1]), words[3]
        matched = [m for m in map(_ROW.fullmatch, self.rows) if m]
        table = _table([(m[1], m[2].split()) for m in matched])
        if table is None or len(matched) != count:
            self.trouble = "the table of pins was garbled on the console"
            return
        if table.lost:
            self.trouble = f"{table.lost} pins did not fit into the table"
            return
        self.console.tables[name] = table
        known = any(True for _ in self.console.splats)
        if tainted.isdecimal() and int(tainted) & _TAINTS and not known:
            self.console.splats.append(Splat(f"the kernel is tainted: {tainted}", ""))


def _table(rows: Sequence[tuple[str, list[str]]]) -> Table | None:
    """The table in `rows`, None if one is malformed or the total is missing."""
    table, summed = Table(), False
    try:
        for kind, words in rows:
            sites = list(_sites(words)) if kind not in ("RAN", "KERNEL") else []
            match kind:
                case "ACQUIRE":
                    _add(table.acquires, sites[0], int(words[3]))
                case "RELEASE":
                    _add(table.releases, sites[0], int(words[3]))
                case "PAIR":
                    key = (sites[0], sites[1])
                    n, doubt = table.pairs.get(key, (0, 0))
                    table.pairs[key] = (n + int(words[4]), doubt + int(words[5]))
                case "HELD":
                    _add(table.held, sites[0], int(words[2]))
                case "RAN":
                    table.places.update(int(word, 16) for word in words)
                case "KERNEL":
                    table.kernel = words[0]
                case _:
                    table.lost, summed = int(words[1]), True
    except (IndexError, ValueError):
        return None
    return table if summed else None


def _sites(words: Sequence[str]) -> Iterator[Site]:
    for path, line in zip(words[::2], words[1::2], strict=False):
        if not path.isdecimal() and line.isdecimal():
            yield Site(path, int(line))


def _add(counts: dict[Site, int], site: Site, n: int) -> None:
    counts[site] = counts.get(site, 0) + n
