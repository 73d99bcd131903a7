# SPDX-License-Identifier: GPL-2.0-only
"""Compares the output of a compiler with earlier output; line numbers do not matter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_LINES = 60
_SAID = re.compile(r"(\S+?):\d+(?::\d+)?: (warning|error|fatal error): (.*)$")
_TOOL_SAID = re.compile(r"(\S+\.o): (warning|error): (objtool: .*)$")
_CONTEXT = re.compile(r"\S+: (In (?:function|member function|constructor) .*|At top level):$")
_INCLUDED = re.compile(r"(In file included from|\s+from) \S+[:,]$")
_CHATTER = re.compile(
    r"cc1\S*: (some|all) warnings being treated as errors$|compilation terminated"
)
_QUOTED = re.compile(r"\s*\d* \| ?")
"""A line of source code in a message, or the markers below it."""
_LOOSE = "other"
_ADDRESS = re.compile(r"\+?0x[0-9a-f]+|\bline \d+|:\d+(?=[:,) ]|$)")


@dataclass(frozen=True)
class Diagnostic:
    """One message. Two with the same `identity` are the same message, wherever they are."""

    identity: tuple[str, str, str, str]
    text: str

    @property
    def is_error(self) -> bool:
        return "error" in self.identity[0]


def diagnostics(output: str) -> list[Diagnostic]:
    """The messages in the output of one compile, each with the lines that belong to it."""
    return list(_diagnostics(output))


def news(before: str, after: str) -> list[Diagnostic]:
    """The messages of `after` that occur more often than in `before`."""
    known = Counter(d.identity for d in _diagnostics(before))
    found = []
    for diagnostic in _diagnostics(after):
        if known[diagnostic.identity] > 0:
            known[diagnostic.identity] -= 1
        else:
            found.append(diagnostic)
    return found


def shortened(text: str) -> str:
    """`text` shortened for the report, with a note that it was."""
    lines = text.splitlines()
    if len(lines) <= _MOST_LINES:
        return "\n".join(lines)
    return "\n".join([*lines[:_MOST_LINES], f"[{len(lines) - _MOST_LINES} more lines]"])


def _diagnostics(output: str) -> Iterator[Diagnostic]:
    context = ""
    pending: list[str] = []
    identity: tuple[str, str, str, str] | None = None
    body: list[str] = []
    for line in output.splitlines():
        found = _SAID.match(line) or _TOOL_SAID.match(line)
        leads = _CONTEXT.match(line) or _INCLUDED.match(line)
        more = _QUOTED.match(line) if identity and identity[0] == _LOOSE else True
        if identity and (found or leads or not more):
            yield Diagnostic(identity, "\n".join(body))
            identity, body = None, []
        if at := _CONTEXT.match(line):
            context = at[1]
            pending.append(line)
        elif leads:
            pending.append(line)
        elif found:
            where = "" if found.re is _TOOL_SAID else context
            identity = (found[2], found[1], where, _ADDRESS.sub("", found[3]))
            body, pending = [*pending, line], []
        elif identity:
            if not _CHATTER.search(line):
                body.append(line)
        elif line.strip() and not _CHATTER.search(line):
            # A note, after the function that it is about; the quoted code belongs to it.
            text = _QUOTED.sub("", line, count=1)
            identity, body = (_LOOSE, "", "", _ADDRESS.sub("", text)), [line]
    if identity:
        yield Diagnostic(identity, "\n".join(body))
