# SPDX-License-Identifier: GPL-2.0-only
"""The edges of the value flow that tie a group together.

They are asked for their kind; :mod:`migrate.analysis.verdicts.wording` has them in English.
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
    """to `source` as well, for which `target` is another name"""
    POINTS = "points"
    """into `target`, by a pointer"""
    PASSED = "passed"
    """to `function` as an argument"""
    PUT = "put"
    """into `target` by `function`"""
    FILLED = "filled"
    """by `function` into one of its arguments"""
    RETURNED = "returned"
    """by `function`"""


@dataclass(frozen=True)
class Edge:
    """One step of the pages: `place` is where it stands, `text` the source line, stripped.

    `target` and `source` are locations, as C names them, "" where the kind has none.
    """

    kind: EdgeKind
    place: Place
    text: str
    target: str = ""
    source: str = ""
    function: str = ""
