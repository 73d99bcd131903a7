# SPDX-License-Identifier: GPL-2.0-only
"""What the type of an option says besides its kind: for which commands it is, how it is spelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import typer

T = TypeVar("T")

STAGES = ("scan", "pair", "classify", "rewrite", "commit", "build", "series")
"""The stages, in their order; each is a command as well."""


@dataclass(frozen=True)
class Scope:
    """From which stage on an option has a meaning, and whether the command that is shown as the
    next to type repeats it."""

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
