# SPDX-License-Identifier: GPL-2.0-only
"""The functions of a file that name what is looked for, at their original positions.

spatch takes longer the more it has to read, and much longer the more of it does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.text.lexical import NOT_CODE, any_word

_DIRECTIVE = re.compile(rb"^[ \t]*#(?:\\\r?\n|[^\n])*", re.M)
_CONDITION = re.compile(rb"^[ \t]*#[ \t]*(if|endif)", re.M)


def sliced(source: Source, names: Iterable[str]) -> bytes:
    """The text of `source` with every function blanked that has none of `names`, except for
    preprocessor directives between functions, and the code before a function that stays.

    Lines and columns do not change. A function whose end is not certain stays.
    """
    return b"".join(_pieces(source, any_word(names)))


def _pieces(source: Source, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    text, at = source.text, 0
    for function in source.functions:
        if function.start < at:
            continue
        between, whole = text[at : function.start], text[function.start : function.end]
        stays = pattern.search(whole) is not None or not _may_go(function, whole)
        yield between if pattern.search(between) else _thinned(between, stays)
        yield whole if stays else _blank(whole)
        at = function.end
    rest = text[at:]
    yield rest if pattern.search(rest) else _thinned(rest, False)


def _may_go(function: Function, whole: bytes) -> bool:
    """Whether the function certainly ends where it seems to, under every condition."""
    code = NOT_CODE.sub(b"", whole)
    if function.node.type != "function_definition" or function.node.has_error:
        ended = code.rstrip().endswith(b"}") and code.count(b"{") == code.count(b"}")
    else:
        ended = True
    conditions = _CONDITION.findall(code)
    return ended and conditions.count(b"if") == conditions.count(b"endif")


def _thinned(between: bytes, head: bool) -> bytes:
    """The text between two functions without everything but directives; with `head`, the lines
    right before the second one stay: a macro there may belong to it."""
    code = NOT_CODE.sub(_without_comment, between)
    kept = code.rfind(b"\n\n") if head else len(code)
    kept = kept if kept >= 0 else 0
    thin, at = [], 0
    for directive in _DIRECTIVE.finditer(code, 0, kept):
        thin += [_blank(code[at : directive.start()]), directive.group()]
        at = directive.end()
    return b"".join((*thin, _blank(code[at:kept]), code[kept:]))


def _without_comment(match: re.Match[bytes]) -> bytes:
    return _blank(match.group()) if match.group().startswith(b"/") else match.group()


def _blank(text: bytes) -> bytes:
    """As many lines, and as many columns in the last one, as blanks."""
    lines = text.count(b"\n")
    return b"\n" * lines + b" " * (len(text) - text.rfind(b"\n") - 1)
