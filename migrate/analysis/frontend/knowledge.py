# SPDX-License-Identifier: GPL-2.0-only
"""The effects of kernel functions on a page, read from data/kernel_api.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from migrate.analysis.frontend.kernel_api import (
    ANY,
    NO_BYTES,
    NUMBER,
    RESULT,
    Bytes,
    Effect,
    Flow,
    Form,
    KernelFunction,
    Link,
    Origin,
)

_LISTS = frozenset(
    {"notifier_members", "notifier_registration", "same_memory", "taken_from_requests"}
    | {"released_with_bios", "by_address", "copied_frames", "takes_reference"}
    | {"lent_by"}
)


@dataclass(frozen=True)
class Borrower:
    """A struct that lends pages to code which does not hold them: the effects on them, in the terms
    of kernel_api.toml, and the functions that take the struct, if all are known. With `read_back`,
    whoever lends them may find them there again."""

    use: Effect
    takers: frozenset[str]
    read_back: bool = False


@dataclass(frozen=True)
class Knowledge:
    """All known functions, by exact name and by pattern."""

    exact: dict[str, KernelFunction]
    patterns: tuple[tuple[str, KernelFunction], ...]
    unpins: frozenset[str]
    """The functions that release a pin; the other releases drop a plain reference."""
    notifier_members: tuple[str, ...]
    notifier_registration: tuple[str, ...]
    same_memory: frozenset[str]
    """Functions whose result points into the memory of their first argument."""
    taken_from_requests: tuple[str, ...]
    """Words by which code takes pages out of a request in flight."""
    released_with_bios: tuple[str, ...]
    """Functions that drop the pages of a bio."""
    by_address: frozenset[str]
    """Functions that have user memory worked on by the addresses of it that they are given."""
    copied_frames: frozenset[str]
    """Structs of requests to copy from or to the page frames that they name."""
    takes_reference: frozenset[str]
    """Functions that always take a reference to their argument."""
    lent_by: frozenset[str]
    """Members of tables whose functions return pages that they only lend."""
    borrowers: dict[str, Borrower]
    """By the tags of the structs."""
    _asked: dict[str, KernelFunction | None] = field(default_factory=dict, repr=False)

    def lookup(self, name: str) -> KernelFunction | None:
        """The entry for `name`, or None."""
        found = self.exact.get(name)
        if found is not None or not name:
            return found
        if name not in self._asked:
            self._asked[name] = next((f for p, f in self.patterns if fnmatchcase(name, p)), None)
        return self._asked[name]

    @property
    def copying(self) -> tuple[tuple[str, Bytes], ...]:
        """The functions that copy bytes from one argument to another, or to new memory."""
        found = [(n, f.bytes) for n, f in self.exact.items()]
        return tuple((n, moved) for n, moved in found if moved.origins and moved.targets)

    @property
    def releases(self) -> tuple[str, ...]:
        """The names of all functions that drop a page reference, sorted."""
        return tuple(sorted(n for n, f in self.exact.items() if f.releases))


@cache
def knowledge() -> Knowledge:
    """The table of the project, read once."""
    text = files("migrate.analysis.frontend").joinpath("data/kernel_api.toml").read_text("utf-8")
    return read_knowledge(tomllib.loads(text))


def read_knowledge(data: Mapping[str, Any]) -> Knowledge:
    """Parse a table like data/kernel_api.toml; raises :class:`BadTable` for terms that its head
    does not explain."""
    unknown = data.keys() - {*_LISTS, "borrowers", "releases", "unpins", "calls"}
    if unknown:
        raise BadTable(f"what is {sorted(unknown)[0]!r}?")
    releases = {**data["releases"], **data["unpins"]}
    known = {n: read_function(n, {"args": effects}) for n, effects in releases.items()}
    known |= {n: read_function(n, entry) for n, entry in data["calls"].items()}
    return Knowledge(
        {n: f for n, f in known.items() if "*" not in n},
        tuple((n, f) for n, f in known.items() if "*" in n),
        frozenset(data["unpins"]),
        tuple(data["notifier_members"]),
        tuple(data["notifier_registration"]),
        frozenset(data["same_memory"]),
        tuple(data["taken_from_requests"]),
        tuple(data["released_with_bios"]),
        frozenset(data["by_address"]),
        frozenset(data["copied_frames"]),
        frozenset(data["takes_reference"]),
        frozenset(data["lent_by"]),
        {tag: _borrower(tag, entry) for tag, entry in data["borrowers"].items()},
    )


def _borrower(tag: str, entry: Mapping[str, Any]) -> Borrower:
    use, takers = read_word(tag, Effect, entry["use"]), frozenset(entry.get("takers", ()))
    return Borrower(use, takers, bool(entry.get("read_back")))


# The terms of one entry

_GENERAL = {"any": ANY, "number": NUMBER}
"""Terms for several forms; the form does not change."""

_FLOW = re.compile(r"(\w+) (-?\d+) (->|=) (\w+)(?: (-?\d+))?")
_BYTES = re.compile(r"((?:\d+ )*|elsewhere )->((?: \d+)+| result| elsewhere)?")


class BadTable(ValueError):
    """The table of kernel functions does not have the format that its head describes."""


def read_function(name: str, entry: Mapping[str, object]) -> KernelFunction:
    """The entry of `name`; raises :class:`BadTable` for terms that the head does not explain."""
    unknown = entry.keys() - {"args", "flows", "result", "bytes"}
    if unknown:
        raise BadTable(f"{name}: what is {sorted(unknown)[0]!r}?")
    effects = tuple(read_word(name, Effect, word) for word in _texts(name, entry.get("args", [])))
    flows = [f for text in _texts(name, entry.get("flows", [])) for f in _flows(name, text)]
    origin = read_word(name, Origin, str(entry.get("result", "")))
    moved = _bytes(name, str(entry["bytes"])) if "bytes" in entry else NO_BYTES
    return KernelFunction(effects, origin, (*flows, *_pointers(moved)), moved)


Word = TypeVar("Word", bound=StrEnum)


def read_word(name: str, kind: type[Word], word: str) -> Word:
    """`word` as a member of a closed set, in the entry of `name`."""
    try:
        return kind(word)
    except ValueError:
        raise BadTable(f"{name}: what is {word!r}?") from None


def _texts(name: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise BadTable(f"{name}: {given!r} is no list of words")
    return given


def _flows(name: str, text: str) -> Iterator[Flow]:
    found = _FLOW.fullmatch(text)
    if found is None:
        raise BadTable(f"{name}: what is {text!r}?")
    before, sign, after = found[1], found[3], found[4]
    origin = int(found[2])
    target = int(found[5]) if found[5] else RESULT
    if (before in _GENERAL) != (after == "same"):
        raise BadTable(f"{name}: which form is it in {text!r}?")
    if before in _GENERAL:
        yield Flow(origin, _GENERAL[before], target, None)
        return
    left, right = (read_word(name, Form, word) for word in (before, after))
    if sign == "=":
        yield Flow(origin, frozenset({left}), target, right, Link.ALONG)
        yield Flow(target, frozenset({right}), origin, left, Link.BACK)
    else:
        yield Flow(origin, frozenset({left}), target, right)


def _bytes(name: str, text: str) -> Bytes:
    found = _BYTES.fullmatch(text)
    if found is None:
        raise BadTable(f"{name}: what is {text!r}?")
    left, right = found[1].split(), (found[2] or "").split()
    return Bytes(
        tuple(int(word) for word in left if word != "elsewhere"),
        tuple(RESULT if word == "result" else int(word) for word in right if word != "elsewhere"),
        "elsewhere" in left,
        "elsewhere" in right,
    )


def _pointers(moved: Bytes) -> Iterator[Flow]:
    """For an array of pages the pointers are copied, so the copy holds the pages, too."""
    for origin in moved.origins:
        for target in moved.targets:
            yield Flow(origin, frozenset({Form.PAGE}), target, Form.PAGE, Link.BYTES)
