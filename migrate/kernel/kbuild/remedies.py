# SPDX-License-Identifier: GPL-2.0-only
"""What an old tree needs under a new toolchain: data/remedies.toml, where the fields are explained.

A remedy never changes the C of an object: it silences, gives the compiler an old default back, or
leaves a program of the build out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.base import codec

_DATA = Path(__file__).parent / "data/remedies.toml"

Version = tuple[int, ...]


@dataclass(frozen=True)
class Remedy:
    """An entry of data/remedies.toml. One with `advice` is for a person, and sets nothing."""

    name: str
    says: str
    since: str
    until: str
    why: str
    sample: str
    other: str
    host: tuple[str, ...] = ()
    compiler: tuple[str, ...] = ()
    assembler: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    advice: str = ""

    def is_for(self, version: Version, text: str) -> bool:
        """Whether a kernel of `version` that makes make say `text` needs it."""
        after = not self.since or version >= parse_version(self.since)
        before = not self.until or version < parse_version(self.until)
        return after and before and re.search(self.says, text) is not None


@cache
def remedies() -> tuple[Remedy, ...]:
    """Every remedy that is known, in the order in which they are tried."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(codec.from_data(entry, Remedy) for entry in data["remedy"])


def remedy_for(version: Version, text: str, tried: Iterable[str] = ()) -> Remedy | None:
    """The first remedy for `text` that sets something and is not among the names `tried`."""
    known = set(tried)
    fitting = (r for r in remedies() if not r.advice and r.name not in known)
    return next((r for r in fitting if r.is_for(version, text)), None)


def advice_for(version: Version, text: str) -> str:
    """What a person has to know and to do about `text`, "" when nothing is known."""
    found = next((r for r in remedies() if r.advice and r.is_for(version, text)), None)
    return f"{found.why}: {found.advice}" if found else ""


def make_arguments(taken: Sequence[Remedy], host_compiler: str) -> list[str]:
    """What `taken` put on make's command line.

    HOSTCC has the flags for programs of the build: before 4.19 a makefile sets HOSTCFLAGS itself.
    """
    return [*_host(taken, host_compiler), *object_arguments(taken), *_variables(taken)]


def object_arguments(taken: Sequence[Remedy]) -> list[str]:
    """Those of :func:`make_arguments` that change how objects are compiled."""
    found = []
    for variable, flags in (
        ("KCFLAGS", [f for r in taken for f in r.compiler]),
        ("KAFLAGS", [f for r in taken for f in r.assembler]),
    ):
        if flags:
            found.append(f"{variable}={' '.join(dict.fromkeys(flags))}")
    return found


def parse_version(text: str) -> Version:
    """ "5.7" as (5, 7)."""
    return tuple(int(part) for part in text.split("."))


def _host(taken: Sequence[Remedy], compiler: str) -> Iterator[str]:
    flags = dict.fromkeys(f for r in taken for f in r.host)
    if flags:
        yield f"HOSTCC={compiler} {' '.join(flags)}"


def _variables(taken: Sequence[Remedy]) -> Iterator[str]:
    yield from dict.fromkeys(v for r in taken for v in r.make)
