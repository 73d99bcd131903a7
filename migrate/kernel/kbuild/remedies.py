# SPDX-License-Identifier: GPL-2.0-only
"""What an old tree needs to build with a new toolchain: data/remedies.toml explains the fields.

A remedy never changes the C code of an object: it silences a message, restores an old default of
the compiler, or leaves out a program of the build.
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
    """An entry of data/remedies.toml. One with `advice` is for a person and sets nothing."""

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
        """Whether it applies to a kernel of `version` for which make printed `text`."""
        after = not self.since or version >= parse_version(self.since)
        before = not self.until or version < parse_version(self.until)
        return after and before and re.search(self.says, text) is not None


@cache
def remedies() -> tuple[Remedy, ...]:
    """All remedies, in the order in which they are tried."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(codec.from_data(entry, Remedy) for entry in data["remedy"])


def remedy_for(version: Version, text: str, tried: Iterable[str] = ()) -> Remedy | None:
    """The first remedy for `text` that sets something and whose name is not in `tried`."""
    known = set(tried)
    fitting = (r for r in remedies() if not r.advice and r.name not in known)
    return next((r for r in fitting if r.is_for(version, text)), None)


def advice_for(version: Version, text: str) -> str:
    """What a person should do about `text`, "" if nothing is known."""
    found = next((r for r in remedies() if r.advice and r.is_for(version, text)), None)
    return f"{found.why}: {found.advice}" if found else ""


def make_arguments(taken: Sequence[Remedy], host_compiler: str) -> list[str]:
    """The arguments for make from the remedies `taken`.

    Flags for programs of the build go into HOSTCC: before 4.19 the makefile sets HOSTCFLAGS itself.
    """
    return [*_host(taken, host_compiler), *object_arguments(taken), *_variables(taken)]


def object_arguments(taken: Sequence[Remedy]) -> list[str]:
    """Those of :func:`make_arguments` that affect how objects are compiled."""
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
