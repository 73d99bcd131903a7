# SPDX-License-Identifier: GPL-2.0-only
"""Adds C code after a place in a file of the tree, with a semantic patch."""

from __future__ import annotations

import re

from migrate.analysis.acquires.spatch import Patched, run_spatch
from migrate.analysis.frontend.syntax import parse
from migrate.base.files.scratch import scratch
from migrate.rewrite.steps.anchors import Anchor
from migrate.rewrite.text.check import Comparison, OtherChange, TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.layout import with_layout
from migrate.rewrite.text.tokens import tokenize


def insert_text(draft: Draft, anchor: Anchor, text: str, timeout: float) -> Draft | str:
    """`draft` with the C code `text` after `anchor`, or why that failed."""
    rule = insertion_rule(anchor, text)
    with scratch("rule") as folder:
        path = folder / "insert.cocci"
        path.write_text(rule, encoding="utf-8")
        outcome = run_spatch(path, {draft.path: draft.text}, timeout=timeout)
    if not isinstance(outcome, Patched):
        return outcome.reason
    added = tuple(t.text for t in tokenize(parse(draft.path, text.encode())))
    edits = [TokenEdit(anchor.end, 0, added)]
    result = draft.advance(outcome.files[draft.path], edits)
    if isinstance(result, Draft):
        tokens = result.tokens[anchor.end : anchor.end + len(added)]
        start, before = tokens[0].start, result.tokens[anchor.end - 1].end
        written = with_layout(result.text, start, tokens[-1].end, text.encode())
        lines = written[before:start].count(b"\n")
        if anchor.end and (lines == 0 or (lines == 1 and text.startswith(("#", "/*")))):
            # spatch puts a function that begins with "static" on the line before it, and
            # a directive, or a comment before "static", on the next.
            written = written[:before] + b"\n\n" + written[start:]
        if text.endswith("}\n"):
            written = _with_empty_line(written, text.encode())
        result = draft.advance(written, edits)
    return result if isinstance(result, Draft) else _why_not(result)


def _with_empty_line(written: bytes, text: bytes) -> bytes:
    """`written` with an empty line after the function at the end of `text`."""
    at = written.find(text.rstrip(b"\n"))
    end = at + len(text.rstrip(b"\n"))
    lacks = at >= 0 and written[end : end + 1] == b"\n" and written[end + 1 : end + 2] not in b"\n"
    return written[:end] + b"\n" + written[end:] if lacks else written


def _why_not(found: Comparison) -> str:
    match found:
        case OtherChange(line=line, what=what):
            return f"{what} at line {line}"
        case _:
            return "spatch does not find the place, or does not parse the file"


def insertion_rule(anchor: Anchor, text: str) -> str:
    """A semantic patch that adds `text` after `anchor`."""
    added = "".join(f"+{line}\n" for line in (anchor.lead + text).splitlines())
    # spatch takes "bool" for the name of a function when one that returns it is defined.
    types = "typedef bool;\n" if re.search(r"^(?:static inline )?bool ", text, re.M) else ""
    return f"@insert@\n{types}{anchor.metavariables}\n@@\n  {anchor.context}\n{added}"
