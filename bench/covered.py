# SPDX-License-Identifier: GPL-2.0-only
"""Which tests come through each line of some modules.

Python calls a tracer for every line, which makes tests several times slower. So it is asked for no
more lines of a function that a test has called often, and for nothing any more once a test has
called many functions and come to nothing new; where that leaves a line without a test, those of its
function take their place.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_CALLS = 30
"""Calls of one function by one test of which the lines are noted."""

_NOTHING_NEW = 30_000
"""Calls after which a test is not watched any more, if none was of a new function or line."""


@dataclass(frozen=True)
class Coverage:
    """The tests that come through each "module line" and into each "module line" of a def, each a
    bit, and the seconds that each test takes; the first test has the lowest bit."""

    lines: Mapping[str, int]
    functions: Mapping[str, int]
    seconds: Mapping[str, float]

    def of(self, root: Path, module: str, line: int) -> list[str]:
        """The tests of a line, the quickest first; of one that runs at import, those of the whole
        module; if it has no functions, those of the folder that mirrors its own."""
        function = functions_of(root / module).get(line)
        found = 0
        if function is None:
            for where, tests in self.functions.items():
                found |= tests if where.startswith(f"{module} ") else 0
            found = found or self._beside(module)
        else:
            # Python does not trace a `continue`; the line before it, its condition, stands in.
            at = (self.lines.get(f"{module} {n}") for n in (line, line - 1))
            found = next((tests for tests in at if tests), 0)
            found = found or self.functions.get(f"{module} {function}", 0)
        named = (test for n, test in enumerate(self.seconds) if found >> n & 1)
        return sorted(named, key=lambda test: self.seconds[test])

    def _beside(self, module: str) -> int:
        """The tests in the folder that mirrors the one of a module, or one above it."""
        for folder in Path(module).parents:
            mirror = "/".join(("tests", *folder.parts[1:], ""))
            found = sum(1 << n for n, test in enumerate(self.seconds) if test.startswith(mirror))
            if found:
                return found
        return 0

    def with_tests(self, other: Coverage) -> Coverage:
        """The same with other tests behind its own."""
        behind = len(self.seconds)
        parts = ((self.lines, other.lines), (self.functions, other.functions))
        lines, functions = (
            {k: mine.get(k, 0) | theirs.get(k, 0) << behind for k in {**mine, **theirs}}
            for mine, theirs in parts
        )
        return Coverage(lines, functions, {**self.seconds, **other.seconds})

    def to_data(self) -> list[Any]:
        """As JSON has it; what a few hundred tests come through is one long number."""
        return [*({k: f"{v:x}" for k, v in m.items()} for m in self._maps), dict(self.seconds)]

    @classmethod
    def from_data(cls, data: Sequence[Any]) -> Coverage:
        lines, functions = ({k: int(v, 16) for k, v in one.items()} for one in data[:2])
        return cls(lines, functions, data[2])

    @property
    def _maps(self) -> Iterable[Mapping[str, int]]:
        return (self.lines, self.functions)


@cache
def functions_of(path: Path) -> Mapping[int, int]:
    """For each line in the body of a function, the line at which the innermost one begins, that of
    its first decorator if it has some."""
    found: dict[int, int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):  # the inner ones come later
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found |= dict.fromkeys(range(node.body[0].lineno, node.end_lineno + 1), first)
    return found


class Tracer:
    """A plugin of pytest that notes which test comes through which line of `modules`."""

    def __init__(self, root: Path, modules: Sequence[str]) -> None:
        self.paths = {str(root / module): module for module in modules}
        self.lines: dict[str, int] = {}
        self.functions: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.current = ""
        self.calls: dict[tuple[str, int], int] = {}
        self.reached: set[tuple[str, int]] = set()
        self.left = _NOTHING_NEW
        """The calls to go if they come to nothing new."""

    def coverage(self) -> Coverage:
        self._end()
        return Coverage(self.lines, self.functions, self.seconds)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._end()
        self.current, self.left = nodeid, _NOTHING_NEW
        self.seconds.setdefault(nodeid, 0.0)
        sys.settrace(self._call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def _end(self) -> None:
        """Note what the last test came through."""
        bit = 1 << list(self.seconds).index(self.current) if self.current else 0
        for places, known in ((self.reached, self.lines), (self.calls, self.functions)):
            for path, number in places:
                where = f"{self.paths[path]} {number}"
                known[where] = known.get(where, 0) | bit
        self.calls.clear()
        self.reached.clear()

    def _call(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in self.paths:
            return None
        where = (code.co_filename, code.co_firstlineno)
        called = self.calls.get(where, 0)
        self.calls[where] = called + 1
        self.left = self.left - 1 if called else _NOTHING_NEW
        if self.left < 0:
            sys.settrace(None)
        return self._line if called < _CALLS else None

    def _line(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        where = (frame.f_code.co_filename, frame.f_lineno)
        if where not in self.reached:
            self.reached.add(where)
            self.left = _NOTHING_NEW
        return self._line
