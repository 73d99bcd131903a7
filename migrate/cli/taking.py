# SPDX-License-Identifier: GPL-2.0-only
"""Gives commands the options of a Request, in the form of a signature that typer reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import typer

from migrate.cli.request import DEFAULTS, HINTS, Request


def takes(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Turn `command(request, ...)` into a function that has the options `names` instead of
    `request`, because typer reads the signature."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = tuple(inspect.signature(command, eval_str=True).parameters.values())[1:]

        @wraps(command)
        def wrapped(context: typer.Context, **given: Any) -> int:
            named = frozenset(n for n in names if _is_named(context, n))
            request = Request(**{name: given.pop(name) for name in names}, given=named)
            return command(request, **given)

        signature = inspect.Signature([_CONTEXT, *_keywords(own), *_shared(names)])
        vars(wrapped).pop("__wrapped__")
        wrapped.__dict__["__signature__"] = signature
        wrapped.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        return wrapped

    return decorate


_CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)


def _is_named(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _keywords(parameters: tuple[inspect.Parameter, ...]) -> Iterator[inspect.Parameter]:
    return (p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters)


def _shared(names: tuple[str, ...]) -> Iterator[inspect.Parameter]:
    for name in names:
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=DEFAULTS[name],
            annotation=HINTS[name],
        )
