# SPDX-License-Identifier: GPL-2.0-only
"""A place in the tree, and a fact at a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file of the tree: `line` counts from 1, `column` from 0, in bytes."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, order=True)
class Evidence:
    """One fact and its place: `kind` is a short word, `text` the source line, stripped."""

    place: Place
    kind: str
    text: str


@dataclass(frozen=True, order=True)
class FunctionId:
    """A function of the tree: number `ordinal`, from 0, among those that file `path` defines."""

    path: str
    ordinal: int
