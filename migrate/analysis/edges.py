# SPDX-License-Identifier: GPL-2.0-only
"""The edges of the value flow that connect the parts of a group.

Code only looks at their kinds; :mod:`migrate.analysis.verdicts.wording` has the English text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrate.analysis.place import Place


class EdgeKind(StrEnum):
    """How pages get from one location to another."""

    ACQUIRED = "acquired"
    """into `target`"""
    COPIED = "copied"
    """from `source` to `target`"""
    ALIASED = "aliased"
    """to `source` as well, because `target` is an alias of it"""
    POINTS = "points"
    """into `target`, through a pointer"""
    PASSED = "passed"
    """to `function` as an argument"""
    PUT = "put"
    """into `target` by the called `function`"""
    FILLED = "filled"
    """by `function` into one of its arguments"""
    RETURNED = "returned"
    """by `function`"""


@dataclass(frozen=True)
class Edge:
    """One step of the pages: `place` is in the code, `text` the source line, stripped.

    `target` and `source` are locations, in C notation, "" if the kind has none.
    """

    kind: EdgeKind
    place: Place
    text: str
    target: str = ""
    source: str = ""
    function: str = ""
