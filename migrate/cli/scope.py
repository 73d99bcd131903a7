# SPDX-License-Identifier: GPL-2.0-only
"""Metadata in the type of an option: the commands that have it, and its spelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import typer

T = TypeVar("T")

STAGES = ("scan", "pair", "classify", "rewrite", "commit", "build", "series")
"""The stages, in their order; each is a command as well."""


@dataclass(frozen=True)
class Scope:
    """The first stage on which an option has an effect, and whether the command that is suggested
    next repeats it."""

    since: str = STAGES[0]
    carried: bool = True


def metadata(hint: Any, kind: type[T]) -> T:
    """The only one of `kind` in an annotated type."""
    (found,) = (item for item in hint.__metadata__ if isinstance(item, kind))
    return found


def spelling(hint: Any) -> str:
    """How an option is typed, as typer has it: "--comments/--no-comments"."""
    option = metadata(hint, typer.models.OptionInfo)
    return str((option.default, *(option.param_decls or ()))[0])
