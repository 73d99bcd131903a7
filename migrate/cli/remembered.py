# SPDX-License-Identifier: GPL-2.0-only
"""The options of the last run, for commands that show its results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from migrate.base.stores.git import open_checkout
from migrate.cli.request import DEFAULTS, Request, options_of, scope_of
from migrate.rewrite.profile.profiles import profile_names
from migrate.runs.asked import Asked, recall, remember
from migrate.runs.workspace import Workspace, open_workspace

_HINTS = get_type_hints(Request)


def lasting_options(command: str) -> dict[str, Any]:
    """The options of `command` that later commands repeat, with their defaults. The workspace is
    not one of them: it is where they are stored."""
    names = [n for n in options_of(command) if scope_of(n).carried and n != "workspace"]
    return {name: DEFAULTS[name] for name in names}


def keep_options(request: Request, command: str, workspace: Workspace) -> None:
    """Store the options of `command`; the workspace is locked."""
    given: dict[str, str | bool | None] = {}
    for name, default in lasting_options(command).items():
        value = getattr(request, name)
        given[name] = None if value == default else _absolute(name, value)
    remember(workspace, given)


def with_last_options(request: Request) -> tuple[Request, Asked]:
    """`request`, completed with options of the last run, and the names of these options."""
    top = open_checkout(request.tree)
    last = recall(open_workspace(top, request.profile, request.workspace))
    known = lasting_options("status").keys() - request.given
    values = {n: _read(n, v) for n, v in last.texts.items() if n in known and not _is_gone(n, v)}
    texts = {n: v for n, v in last.texts.items() if values.get(n) is not None}
    switches = {n: v for n, v in last.switches.items() if n in known}
    taken: dict[str, Any] = {n: values[n] for n in texts} | switches
    return replace(request, **taken), Asked(texts, switches)


def _read(name: str, text: str) -> Any:
    """The stored value of an option, None if it is no longer one of its choices."""
    kind = kind_of(name)
    try:
        return kind(text)
    except ValueError:
        return None


def kind_of(name: str) -> type[Any]:
    """The type of the values of an option, besides None."""
    hint = _HINTS[name]
    kinds: tuple[type[Any], ...] = (*get_args(hint), hint)
    return next(kind for kind in kinds if kind is not type(None))


def _is_gone(name: str, value: str) -> bool:
    """Whether the value is a file or folder that no longer exists."""
    reads = name in ("decisions", "contracts") or (
        name == "profile" and value not in profile_names()
    )
    return reads and not Path(value).exists()


def _absolute(name: str, value: Any) -> str | bool:
    if isinstance(value, bool):
        return value
    is_path = kind_of(name) is Path or (name == "profile" and value not in profile_names())
    return str(Path(value).expanduser().absolute()) if is_path else str(value)
