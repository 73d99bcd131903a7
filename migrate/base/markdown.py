# SPDX-License-Identifier: GPL-2.0-only
"""Text of somebody else as Markdown: what is in it stays text, and cannot end what it is in."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


class Markup(str):
    """Markdown that stays as it is; everything else is escaped where a template has it."""

    __slots__ = ()


def escaped(value: object) -> str:
    """`value` on one line, with everything escaped that Markdown or HTML would act on."""
    if isinstance(value, Markup):
        return value
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def code(value: str) -> Markup:
    """`value` as a code span, with as many backticks around it as it takes."""
    flat = " ".join(value.split()).replace("|", "\\|")
    fence = "`" * (_longest_run(flat) + 1)
    pad = " " if len(fence) > 1 else ""
    return Markup(f"{fence}{pad}{flat}{pad}{fence}" if flat else "")


def fenced(value: str, language: str) -> Markup:
    """`value` as a code block that nothing in it can end, without a line end behind it."""
    fence = "`" * max(3, _longest_run(value) + 1)
    ended = value.rstrip("\n")
    return Markup(f"{fence}{language}\n{ended}\n{fence}")


def cells(values: Sequence[object]) -> Markup:
    """One row of a table."""
    return Markup("| " + " | ".join(escaped(value) or " " for value in values) + " |")


def _longest_run(text: str) -> int:
    """How many backticks there are in a row, at most."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
