# SPDX-License-Identifier: GPL-2.0-only
"""Profiles: one target API each, as a folder with `profile.toml` and its templates."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrate.base.codec import from_data, to_data
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.rewrite.profile.files import read_file, read_files
from migrate.rewrite.profile.model import Profile, is_text
from migrate.rewrite.profile.trust import untrusted_in, wrong_in

DEFAULT_PROFILE = "vaddr-pin"
MAINLINE = "pin-user-pages"
"""The profile for mainline's API."""

_FILE = "profile.toml"
_MOST_DOTS = 100
_NOT_IN_THE_FILE = {"folder", "files", "ours", "trusted"}
_KEYS = {"source": "from", "target": "to"}
"""Fields of rules whose keys in the file are reserved words in Python."""


def profile_names() -> tuple[str, ...]:
    """The names of the profiles that come with the tool, sorted."""
    found = data_folder("cocci").glob(f"rewrite/*/{_FILE}")
    return tuple(sorted(path.parent.name for path in found))


def load_profile(name_or_path: str, *, trust: bool = False) -> Profile:
    """A profile by name, or by the path of its folder or of its `profile.toml`.

    Raises a :class:`Refusal` that says in one line what is unknown or malformed, and for a foreign
    profile whose semantic patches run code, unless `trust` is set.
    """
    path = _locate(name_or_path)
    try:
        data = _parsed(read_file(path).decode("utf-8"))
        if extra := sorted(_NOT_IN_THE_FILE & set(data)):
            raise ValueError(f"{extra[0]} is no key of it")
        for table in ("acquire", "release", "helper"):
            if not isinstance(data.get(table, []), list):
                raise ValueError(f"{table} has a value of the wrong kind")
            rules = [_renamed(rule) for rule in data.get(table, []) if isinstance(rule, dict)]
            data |= {table: rules} if table in data or table != "helper" else {}
        follow = data.get("follow")
        if isinstance(follow, dict):
            data["follow"] = {key: _rules(given) for key, given in follow.items()}
        profile = from_data(data, Profile)
        wrong = _coerced(data, to_data(profile), "")
        profile = replace(profile, folder=path.parent, files=read_files(path.parent))
    except RecursionError:
        raise _malformed(path, "it goes too deep") from None
    except (OSError, ValueError) as error:
        raise _malformed(path, _cause(error)) from None
    if wrong:
        raise _malformed(path, f"{wrong} has a value of the wrong kind")
    _check(profile, path)
    ours = path.parent.parent == data_folder("cocci") / "rewrite"
    if not (ours or trust) and (found := untrusted_in(profile)):
        raise Refusal(
            f"{found}, and the profile does not come with gup-migrate.",
            "Read it; if you trust it, add --trust-profile.",
        )
    return replace(profile, ours=ours, trusted=ours or trust)


def _parsed(text: str) -> dict[str, Any]:
    """Parse TOML; keys with many parts, which take tomllib a very long time, are refused."""
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise ValueError(f"a line has more than {_MOST_DOTS} dots")
    return tomllib.loads(text)


def _locate(name_or_path: str) -> Path:
    if name_or_path in profile_names():
        return data_folder("cocci") / "rewrite" / name_or_path / _FILE
    path = Path(name_or_path)
    for candidate in (path, path / _FILE):
        with suppress(OSError):  # a name that no file can have
            if candidate.is_file():
                return candidate.resolve()
    raise Refusal(
        f"There is no profile '{name_or_path}'.",
        f"Give one of {', '.join(profile_names())}, or the folder of a {_FILE}.",
    )


def _rules(given: object) -> object:
    """A list of tables as rules; what is none stays as it is."""
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        return given
    return [_renamed(rule) for rule in given]


def _renamed(rule: dict[str, object]) -> dict[str, object]:
    fields = {key: name for name, key in _KEYS.items()}
    return {fields.get(key, key): value for key, value in rule.items()}


def _coerced(given: object, read: object, where: str) -> str:
    """The first key of `given` whose value was changed by the conversion to `read`, or ""."""
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            if wrong := _coerced(value, read[key], f"{where}.{key}".lstrip(".")):
                return wrong
        return ""
    if isinstance(given, list) and isinstance(read, (list, tuple)) and len(given) == len(read):
        for one, other in zip(given, read, strict=True):
            if wrong := _coerced(one, other, where):
                return wrong
        return ""
    return "" if type(given) is type(read) and given == read else where


def _check(profile: Profile, path: Path) -> None:
    if not profile.acquire or not profile.release:
        raise _malformed(path, "it needs [[acquire]] and [[release]] tables")
    rules = profile.calls
    for rule in rules:
        if rule.drop and not rule.patch:
            raise _malformed(path, f"to drop arguments of {rule.source} takes a patch")
    templates = [rule.patch for rule in rules if rule.patch]
    templates += [
        name
        for commit in (profile.api.commit if profile.api else ())
        for name in (
            commit.body,
            commit.declarations,
            commit.definitions,
            commit.document.template if commit.document else "",
        )
        if name
    ]
    templates += [profile.api.cover] if profile.api and profile.api.cover else []
    if wrong := wrong_in(profile):
        raise _malformed(path, wrong)
    for name in templates:
        if name not in profile.files:
            raise _malformed(path, f"there is no {name} beside it")
        if not is_text(profile.files[name]):
            raise _malformed(path, f"{name} is not UTF-8")


def _malformed(path: Path, why: str) -> Refusal:
    return Refusal(
        f"{path} is not a profile: {why}.", "Compare it with cocci/rewrite/vaddr-pin/profile.toml."
    )


def _cause(error: BaseException) -> str:
    """The innermost message of a nested validation error, in one line."""
    cause: BaseException = error.__cause__ or error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    text = f"{cause}".strip("'\"") or type(cause).__name__
    if isinstance(cause, KeyError):
        text = f"{_KEYS.get(text, text)} is missing"
    return " ".join(text.split())[:300]
