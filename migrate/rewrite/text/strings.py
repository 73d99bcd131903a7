# SPDX-License-Identifier: GPL-2.0-only
"""Strings beside an edit that name a function which is no longer called there.

People and scripts may search for a message of the kernel, so strings are not changed, but reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from migrate.analysis.frontend.syntax import Function
from migrate.analysis.verdicts.notes import NoteKind, note
from migrate.base.prose import called, listed
from migrate.rewrite.text.comments import called_in
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below


def stale_strings(before: Draft, after: Draft, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each of `names` with a line of `after` that has it as a word in a string, in functions that
    called it in `before` and no longer do; lines count from 1."""
    for old, new in zip(before.source.functions, after.source.functions, strict=False):
        gone = (called_in(old) - called_in(new)) & set(names)
        yield from _named(after, new, gone)


def said_of_strings(found: Sequence[tuple[str, str, int]]) -> tuple[str, ...]:
    """One sentence on strings, each a name, the path and the line; none if there are none."""
    if not found:
        return ()
    placed = sorted(found, key=lambda one: one[1:])
    names = list(dict.fromkeys(name for name, _, _ in placed))
    places = listed([f"{path}:{line}" for _, path, line in placed])
    return (note(NoteKind.STRINGS, places, called(names)),)


def _named(draft: Draft, function: Function, names: Collection[str]) -> Iterator[tuple[str, int]]:
    if not names:
        return
    word = re.compile(rb"\b(?:%s)\b" % b"|".join(re.escape(n.encode()) for n in sorted(names)))
    for node in below(function.body):
        if node.type != "string_literal":
            continue
        text = draft.text[node.start_byte : node.end_byte]
        for match in word.finditer(text):
            yield match[0].decode(), node.start_point[0] + 1
