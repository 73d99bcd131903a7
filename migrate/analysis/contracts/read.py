# SPDX-License-Identifier: GPL-2.0-only
"""Parses a file of contracts: each entry is one statement of a closed set, or refused in one
line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrate.analysis.contract import Contract, ContractKind, Does
from migrate.base.entries import Entries, Wrong, check_known, reason

_EXAMPLE = (
    'An entry is [[contract]] with function = "...", argument = 1, does = "reads" and why = "...".'
)
_FILE = Entries("contract", "--contracts", _EXAMPLE)
_KEYS: Mapping[str, type] = {
    **dict.fromkeys(("function", "member", "file", "does", "until", "filled"), str),
    **dict.fromkeys(("notifier", "covers", "macro", "why"), str),
    "argument": int,
    "set": bool,
    "callers": list,
    "only_from": list,
    "never_reaches": list,
    "acquired_in": list,
    "released_in": list,
    "released": object,
}
_NAMES = {
    str: "string",
    int: "number",
    bool: "truth value",
    list: "list of names",
    object: "list of names",
}
_ELSEWHERE = "nowhere else"
_RANGES = "other ranges"
_MEMBER = re.compile(r"\w+(\.\w+)+")
_NOTIFIER = re.compile(r"[^:]+:\w+")


def read_contracts(path: Path) -> tuple[Contract, ...]:
    """The entries of the TOML file `path`; raises a :class:`Refusal` for the first wrong one."""
    return tuple(_contract(*read) for read in _FILE.read(path))


def _contract(number: int, entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    for key, value in entry.items():
        _check_key(key, value, wrong)
    why = reason(entry, wrong)
    given = entry.keys() - {"why"}
    fitting = [kind for kind, mark in _MARKS.items() if mark in given or mark == _closing(given)]
    if len(fitting) != 1:
        what = "it states nothing" if not fitting else "it states more than one thing"
        raise wrong(what, f"Each entry has one of {', '.join(_MARKS.values())}.")
    stated = _READERS[fitting[0]](entry, wrong)
    allowed = _ALLOWED[fitting[0]]
    for key in entry:
        if key not in allowed and key != "why":
            raise wrong(f"{key} has nothing to do with {_MARKS[fitting[0]]}")
    return replace(stated, number=number, kind=fitting[0], why=why)


def _check_key(key: str, value: Any, wrong: Wrong) -> None:
    check_known(key, _KEYS, wrong)
    kind = _KEYS[key]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if kind is list:
        fits = _are_names(value)
    if not fits:
        raise wrong(f"{key} is not a {_NAMES[kind]}")


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)


def _closing(given: set[str]) -> str:
    """The mark of what says that storage is closed."""
    return _MARKS[ContractKind.STORAGE] if given & {"filled", "released"} else ""


_MARKS: Mapping[ContractKind, str] = {
    ContractKind.ARGUMENT: "does",
    ContractKind.CALLERS: "callers",
    ContractKind.STORAGE: "filled or released",
    ContractKind.APART: "never_reaches",
    ContractKind.SOURCES: "only_from",
    ContractKind.PAIRED: "acquired_in",
    ContractKind.NOTIFIER: "notifier",
    ContractKind.MACRO: "macro",
}
"""The key that identifies a kind."""

_ALLOWED: Mapping[ContractKind, frozenset[str]] = {
    ContractKind.ARGUMENT: frozenset({"function", "member", "argument", "does", "until"}),
    ContractKind.CALLERS: frozenset({"function", "file", "callers"}),
    ContractKind.STORAGE: frozenset({"member", "filled", "released"}),
    ContractKind.APART: frozenset({"function", "file", "never_reaches"}),
    ContractKind.SOURCES: frozenset({"function", "file", "only_from"}),
    ContractKind.PAIRED: frozenset({"acquired_in", "released_in", "file"}),
    ContractKind.NOTIFIER: frozenset({"notifier", "covers"}),
    ContractKind.MACRO: frozenset({"macro", "set"}),
}


def _argument(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    words = [word.value for word in Does]
    if entry["does"] not in words:
        raise wrong(f"there is no effect '{entry['does']}'", f"does is one of {', '.join(words)}.")
    does, until = Does(entry["does"]), entry.get("until", "")
    if (does is Does.KEEPS) != bool(until):
        raise wrong(
            "until is required with keeps, and only with keeps",
            'Add until = "...", the function after which the pages are no longer used.',
        )
    if entry.get("argument", 0) < 1:
        raise wrong("it names no argument", "Add argument = n; the first one is 1.")
    return _named(entry, wrong, argument=entry["argument"], does=does, until=until)


def _named(entry: Mapping[str, Any], wrong: Wrong, **more: Any) -> Contract:
    """A statement about a function, or about a member that points to one."""
    function, member = entry.get("function", ""), _member(entry, wrong)
    if bool(function) == bool(member):
        raise wrong("it names no function" if not function else "it names function and member")
    return Contract(0, ContractKind.ARGUMENT, "", function=function, member=member, **more)


def _member(entry: Mapping[str, Any], wrong: Wrong) -> str:
    name: str = entry.get("member", "").removeprefix("struct ").strip()
    if name and not _MEMBER.fullmatch(name):
        raise wrong(f"'{name}' is not a member", 'A member is written "tag.name".')
    return name


def _callers(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    if not entry.get("function") or not entry["callers"]:
        raise wrong("it names no function" if entry["callers"] else "it names no callers")
    return Contract(
        0,
        ContractKind.CALLERS,
        "",
        function=entry["function"],
        file=_path(entry),
        callers=tuple(entry["callers"]),
    )


def _storage(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    released = entry.get("released", _ELSEWHERE)
    if entry.get("filled", _ELSEWHERE) != _ELSEWHERE:
        raise wrong(f"filled can only be '{_ELSEWHERE}'")
    if released != _ELSEWHERE and not (_are_names(released) and released):
        raise wrong(f"released is neither '{_ELSEWHERE}' nor a list of functions")
    member = _member(entry, wrong)
    if not member:
        raise wrong("it names no member", 'Add member = "tag.name".')
    return Contract(
        0,
        ContractKind.STORAGE,
        "",
        member=member,
        filled="filled" in entry,
        released="released" in entry,
        released_in=tuple(released) if released != _ELSEWHERE else (),
    )


def _apart(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    if not entry["never_reaches"]:
        raise wrong("never_reaches names no function")
    found = _named(entry, wrong, never_reaches=tuple(entry["never_reaches"]))
    return replace(found, file=_path(entry))


def _sources(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    if not entry["only_from"]:
        raise wrong("only_from names no function")
    found = _named(entry, wrong, only_from=tuple(entry["only_from"]))
    return replace(found, file=_path(entry))


def _paired(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    taking, dropping = entry["acquired_in"], entry.get("released_in", [])
    if not taking or not dropping:
        raise wrong("it does not name functions that acquire and functions that release")
    return Contract(
        0,
        ContractKind.PAIRED,
        "",
        file=_path(entry),
        acquired_in=tuple(taking),
        released_in=tuple(dropping),
    )


def _notifier(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    where = entry["notifier"].removeprefix("./")
    if not _NOTIFIER.fullmatch(where):
        raise wrong(
            f"'{where}' is not a place", 'A notifier is "path:function", where it is registered.'
        )
    if entry.get("covers") != _RANGES:
        raise wrong(f"it does not say covers = '{_RANGES}'")
    return Contract(0, ContractKind.NOTIFIER, "", notifier=where)


def _macro(entry: Mapping[str, Any], wrong: Wrong) -> Contract:
    if "set" not in entry:
        raise wrong("it does not say whether the macro is set", "Add set = true or set = false.")
    return Contract(0, ContractKind.MACRO, "", macro=entry["macro"], set=entry["set"])


def _path(entry: Mapping[str, Any]) -> str:
    path: str = entry.get("file", "")
    return path.removeprefix("./")


_READERS: Mapping[ContractKind, Callable[[Mapping[str, Any], Wrong], Contract]] = {
    ContractKind.ARGUMENT: _argument,
    ContractKind.CALLERS: _callers,
    ContractKind.STORAGE: _storage,
    ContractKind.APART: _apart,
    ContractKind.SOURCES: _sources,
    ContractKind.PAIRED: _paired,
    ContractKind.NOTIFIER: _notifier,
    ContractKind.MACRO: _macro,
}
