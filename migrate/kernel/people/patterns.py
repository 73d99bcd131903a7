# SPDX-License-Identifier: GPL-2.0-only
"""Regular expressions that somebody else wrote, matched in linear time.

RE2 (https://swtch.com/~rsc/regexp/regexp3.html) does not backtrack, so no expression and no text
can take exponential time. It has no lookaround and no back references; an expression that uses one
raises BadExpression, and the caller names the entry.

Text is matched as bytes, as scripts/get_maintainer.pl does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import re2

_REFUSED = (
    (re.compile(rb"invalid perl operator: \(\?<?[=!]"), "a lookaround is not supported"),
    (re.compile(rb"invalid escape sequence: \\[1-9gk]"), "a back reference is not supported"),
    (re.compile(rb"invalid perl operator: \(\?>|bad repetition operator: [*+?]\+"),
     "an atomic group is not supported"),
)  # fmt: skip
# An escaped character, a bracket expression, or text that Perl ignores with /x.
_VERBOSE = re.compile(rb"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|(\s+|#[^\n]*)", re.S)
_ENCODING = "utf-8"


class BadExpression(ValueError):
    """Why an expression cannot be used; one line."""


@dataclass(frozen=True)
class Expression:
    """An expression of MAINTAINERS, compiled."""

    compiled: Any

    def search(self, text: str | bytes) -> bool:
        """Whether it matches anywhere in `text`."""
        return self.compiled.search(_raw(text)) is not None

    def match(self, text: str | bytes) -> bool:
        """Whether it matches at the beginning of `text`."""
        return self.compiled.match(_raw(text)) is not None


def compile_expression(text: str | bytes, *, verbose: bool = False) -> Expression:
    """Compile `text`; with `verbose`, blanks and comments in it are ignored, as with /x in Perl.
    Raises :class:`BadExpression` if it is invalid, or not supported by RE2."""
    raw = _raw(text)
    if verbose:
        raw = _VERBOSE.sub(lambda found: b"" if found[1] is not None else found[0], raw)
    try:
        return Expression(re2.compile(raw, _options()))
    except re2.error as error:
        raise BadExpression(_reason(error)) from error


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(_ENCODING, "surrogateescape")


def _options() -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else b""
    raw = said if isinstance(said, bytes) else str(said).encode(_ENCODING, "replace")
    for sign, reason in _REFUSED:
        if sign.match(raw):
            return reason
    return raw.decode(_ENCODING, "replace").replace("\n", " ")[:100]
