# SPDX-License-Identifier: GPL-2.0-only
"""TOML files that a user writes: a list of tables of one kind. Errors are refused in one line."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.base.errors import Refusal

Wrong = Callable[..., Refusal]
"""Called with what is wrong with an entry, and what to do about it; by default, to see an
example."""


@dataclass(frozen=True)
class Entries:
    """A file of [[`kind`]] tables that the option `option` names; `example` shows an entry in a
    sentence."""

    kind: str
    option: str
    example: str

    def read(self, path: Path) -> Iterator[tuple[int, Mapping[str, Any], Wrong]]:
        """The entries of `path`, counted from 1, each with a function that makes a refusal about
        it.

        Raises a :class:`Refusal` if the file is not such a list.
        """
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise Refusal(
                f"{path} cannot be read: {why}.", f"Give a file with {self.option}."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise Refusal(f"{path} is not TOML: {error}.", self.example) from None
        strange = sorted(set(data) - {self.kind})
        entries = data.get(self.kind, [])
        if strange or not isinstance(entries, list):
            what = (
                f"unknown key '{strange[0]}'" if strange else f"{self.kind} is not a list of tables"
            )
            raise Refusal(f"{path}: {what}.", self.example)
        for number, entry in enumerate(entries, 1):
            wrong = self._wrong(path, number)
            if not isinstance(entry, dict):
                raise wrong("it is not a table")
            yield number, entry, wrong

    def _wrong(self, path: Path, number: int) -> Wrong:
        def wrong(what: str, then: str = self.example) -> Refusal:
            return Refusal(f"{path}, {self.kind} {number}: {what}.", then)

        return wrong


def check_known(key: str, known: Iterable[str], wrong: Wrong) -> None:
    """Refuse `key` unless it is one of `known`; the refusal suggests the most similar one."""
    known = list(known)
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known keys: {', '.join(known)}."
        raise wrong(f"unknown key '{key}'", hint)


def reason(entry: Mapping[str, Any], wrong: Wrong) -> str:
    """The entry's `why`, in one line; refused if it is empty."""
    why = " ".join(entry.get("why", "").split())
    if not why:
        raise wrong("it does not say why", 'Add why = "..."; it goes into the commit message.')
    return why
