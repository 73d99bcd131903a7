# SPDX-License-Identifier: GPL-2.0-only
"""Which tests come through each line of some modules.

Python calls a tracer for every line, which makes tests several times slower. So it is asked for no
more lines of a function that a test has called often; where that leaves a line without a test,
those of its function take their place.
"""

from __future__ import annotations

import ast
import sys
import types
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_CALLS = 30
"""Calls of one function by one test of which the lines are noted."""

Lines = dict[str, list[str]]


@dataclass(frozen=True)
class Coverage:
    """The tests that come through each "module line" and into each "module line" of a def, and the
    seconds that each test takes."""

    lines: Lines
    functions: Lines
    seconds: Mapping[str, float]

    def of(self, root: Path, module: str, line: int) -> list[str]:
        """The tests of a line, the quickest first; of one that runs at import, those of the whole
        module."""
        function = functions_of(root / module).get(line)
        if function is None:
            every = (v for k, v in self.functions.items() if k.startswith(f"{module} "))
            found = {test for tests in every for test in tests}
        else:
            # Python does not trace a `continue`; the line before it, its condition, stands in.
            at = (self.lines.get(f"{module} {n}") for n in (line, line - 1))
            found = set(next((tests for tests in at if tests), ()))
            found = found or set(self.functions.get(f"{module} {function}", ()))
        return sorted(found, key=lambda test: self.seconds[test])


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
        self.lines: dict[str, set[str]] = {}
        self.functions: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.current = ""
        self.calls: Counter[types.CodeType] = Counter()

    def coverage(self) -> list[Any]:
        """The fields of :class:`Coverage`, as JSON has them."""
        found = ({k: sorted(v) for k, v in one.items()} for one in (self.lines, self.functions))
        return [*found, self.seconds]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.current = nodeid
        self.calls.clear()
        sys.settrace(self._call)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def _call(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        code = frame.f_code
        module = self.paths.get(code.co_filename)
        if module is None:
            return None
        self.functions.setdefault(f"{module} {code.co_firstlineno}", set()).add(self.current)
        self.calls[code] += 1
        return self._line if self.calls[code] <= _CALLS else None

    def _line(self, frame: types.FrameType, _event: str, _arg: Any) -> Any:
        where = f"{self.paths[frame.f_code.co_filename]} {frame.f_lineno}"
        self.lines.setdefault(where, set()).add(self.current)
        return self._line
