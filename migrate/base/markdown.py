# SPDX-License-Identifier: GPL-2.0-only
"""Foreign text as Markdown: it is escaped, and cannot end the element that contains it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


class Markup(str):
    """Markdown that is inserted as it is; all other values of a template are escaped."""

    __slots__ = ()


def escaped(value: object) -> str:
    """`value` on one line, with everything escaped that has a meaning in Markdown or HTML."""
    if isinstance(value, Markup):
        return value
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def code(value: str) -> Markup:
    """`value` as a code span, with as many backticks around it as needed."""
    flat = " ".join(value.split()).replace("|", "\\|")
    fence = "`" * (_longest_run(flat) + 1)
    pad = " " if len(fence) > 1 else ""
    return Markup(f"{fence}{pad}{flat}{pad}{fence}" if flat else "")


def fenced(value: str, language: str) -> Markup:
    """`value` as a code block whose fence is longer than any in it, without a final newline."""
    fence = "`" * max(3, _longest_run(value) + 1)
    ended = value.rstrip("\n")
    return Markup(f"{fence}{language}\n{ended}\n{fence}")


def cells(values: Sequence[object]) -> Markup:
    """One row of a table."""
    return Markup("| " + " | ".join(escaped(value) or " " for value in values) + " |")


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
