# SPDX-License-Identifier: GPL-2.0-only
"""One Kconfig file as data: its entries, with the conditions around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.kernel.kbuild.expression import Expression, parse_expression
from migrate.kernel.kbuild.routes import source_architecture


@dataclass(frozen=True)
class Definition:
    """One `config` entry. `needs` joins its own `depends on` and those of the enclosing blocks.

    `prompt` says that it can be set by hand, `chosen` that it is a member of a choice.
    """

    path: str
    symbol: str
    tristate: bool
    prompt: bool
    chosen: bool
    needs: tuple[Expression, ...]
    selects: tuple[str, ...]

    @property
    def arch(self) -> str:
        return source_architecture(self.path)


@dataclass
class _Entry:
    """An entry or a block that is being parsed; `kind` is its keyword."""

    kind: str
    symbol: str = ""
    tristate: bool = False
    prompt: bool = False
    needs: list[Expression] = field(default_factory=list)
    selects: list[str] = field(default_factory=list)


_ENTRY = re.compile(r"\s*(config|menuconfig)\s+(\w+)\s*$")
_BLOCK = re.compile(r"\s*(if|menu|choice)\b\s*(.*)$")
_END = re.compile(r"\s*end(if|menu|choice)\b")
_OTHER = re.compile(r"\s*(source|comment|mainmenu)\b")
_TYPE = re.compile(r"\s*(def_)?(bool|tristate|int|hex|string)\b\s*(\S.*)?$")
_PROMPT = re.compile(r"\s*prompt\s")
_DEPENDS = re.compile(r"\s*depends\s+on\s+(.*)$")
_SELECT = re.compile(r"\s*(?:select|imply)\s+(\w+)")


def parse(path: str, text: str) -> Iterator[Definition]:
    """Every `config` and `menuconfig` entry of the Kconfig file at `path`."""
    blocks: list[_Entry] = []
    entry: _Entry | None = None
    for line in _lines_without_help(text):
        opening, block = _ENTRY.match(line), _BLOCK.match(line)
        if opening or block or _END.match(line) or _OTHER.match(line):
            if entry and entry.symbol:
                yield _definition(path, entry, blocks)
            entry = None
        if opening:
            entry = _Entry(opening[1], opening[2])
        elif block:
            entry = _Entry(block[1])
            blocks.append(entry)
            if block[1] == "if":
                entry.needs.append(parse_expression(block[2]))
        elif _END.match(line) and blocks:
            blocks.pop()
        elif _OTHER.match(line):
            entry = _Entry("comment")
        elif entry:
            _attribute(entry, line)
    if entry and entry.symbol:
        yield _definition(path, entry, blocks)


def _attribute(entry: _Entry, line: str) -> None:
    if found := _TYPE.match(line):
        entry.tristate = entry.tristate or found[2] == "tristate"
        entry.prompt = entry.prompt or (not found[1] and bool(found[3]))
    elif _PROMPT.match(line):
        entry.prompt = True
    elif found := _DEPENDS.match(line):
        entry.needs.append(parse_expression(found[1]))
    elif found := _SELECT.match(line):
        entry.selects.append(found[1])


def _definition(path: str, entry: _Entry, blocks: list[_Entry]) -> Definition:
    needs = tuple(n for e in (*blocks, entry) for n in e.needs)
    chosen = bool(blocks) and blocks[-1].kind == "choice"
    return Definition(
        path, entry.symbol, entry.tristate, entry.prompt, chosen, needs, tuple(entry.selects)
    )


def _lines_without_help(text: str) -> Iterator[str]:
    """Lines with continuations joined and without help texts, which end with their indentation."""
    indent: int | None = None
    waiting = False
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip():
            continue
        width = len(line.expandtabs()) - len(line.expandtabs().lstrip())
        if waiting:
            waiting, indent = False, width if width else None
        if indent is not None:
            if width >= indent:
                continue
            indent = None
        if re.match(r"\s*(---)?help(---)?\s*$", line):
            waiting = True
        else:
            yield re.sub(r"(^|\s)#.*", "", line)
