# SPDX-License-Identifier: GPL-2.0-only
"""Comments beside an edit that name a function which is no longer called there.

spatch treats comments as white space, so this is the only edit made without it: a word of a comment
is replaced by another word, and the comparison of before and after checks exactly that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import Function
from migrate.kernel.signatures import GUP_NAMES
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below
from migrate.rewrite.text.layout import limit, width_of

_FAMILY = frozenset(GUP_NAMES)
_MEMBERS = frozenset(name.encode() for name in GUP_NAMES)
_WORDS = re.compile(rb"(\w+)")


def follow_comments(
    before: Draft, after: Draft, names: Mapping[str, str], general: Mapping[str, str]
) -> Draft:
    """`after` with changed comments: in each function that called one of `names` and no longer
    does, and right above it, `names` that the function does not call are replaced.

    So are the names of the whole family, in `general`, if no call of GUP is left and the comment
    names no other member of the family.

    A comment is not changed if its line would become wider than the kernel's style allows.
    """
    edits: dict[int, bytes] = {}
    for old, new in zip(before.source.functions, after.source.functions, strict=True):
        left = called_in(new)
        edited = bool((called_in(old) - left) & set(names))
        words = {n.encode(): names[n].encode() for n in set(names) - left if edited}
        more = {n.encode(): general[n].encode() for n in general if not left & _FAMILY}
        for number in _comments(after, new) if words else ():
            text = after.tokens[number].text
            said = _WORDS.split(text)
            known = words if _MEMBERS & set(said) - set(more) else {**more, **words}
            changed = b"".join(known.get(word, word) for word in said)
            if changed != text and _fits(after, number, changed):
                edits[number] = changed
    if not edits:
        return after
    pieces, end = [], 0
    for number, changed in sorted(edits.items()):
        token = after.tokens[number]
        pieces += [after.text[end : token.start], changed]
        end = token.end
    text = b"".join([*pieces, after.text[end:]])
    result = after.advance(text, [TokenEdit(n, 1, (c,)) for n, c in edits.items()])
    return result if isinstance(result, Draft) else after


def called_in(function: Function) -> set[str]:
    """The names of the functions that `function` calls."""
    calls = (n for n in below(function.body) if n.type == "call_expression")
    named = (call.child_by_field_name("function") for call in calls)
    return {name_of(node) for node in named if node is not None and node.type == "identifier"}


def _comments(draft: Draft, function: Function) -> Iterator[int]:
    """The comments in a function, and those right above it."""
    first, end = draft.tokens_of(function.node)
    last = draft.tokens_of(function.body)[1]
    while first > 0 and draft.tokens[first - 1].kind == "comment":
        above, here = draft.tokens[first - 1], draft.tokens[first]
        own_line = first < 2 or draft.tokens[first - 2].end_line < above.line
        if above.end_line + 1 != here.line or not own_line:
            break
        first -= 1
    for number in range(first, max(end, last)):
        if draft.tokens[number].kind == "comment":
            yield number


def _fits(draft: Draft, number: int, changed: bytes) -> bool:
    token = draft.tokens[number]
    start = draft.text.rfind(b"\n", 0, token.start) + 1
    end = draft.text.find(b"\n", token.end)
    rest = draft.text[token.end : end if end >= 0 else len(draft.text)]
    lines = (draft.text[start : token.start] + changed + rest).split(b"\n")
    was = max(width_of(line) for line in (draft.text[start : token.end] + rest).split(b"\n"))
    return all(width_of(line) <= limit(was, draft.widest) for line in lines)
