# SPDX-License-Identifier: GPL-2.0-only
"""Figures of a bench in a document, between marks that name the command: nobody types them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def record(document: Path, command: str, lines: Sequence[str]) -> None:
    """Put `lines` between the marks of `command` in `document`; at its end when it has none."""
    begin, end = f"<!-- {command} wrote this: begin -->", f"<!-- {command} wrote this: end -->"
    section = "\n".join([begin, *lines, end])
    text = document.read_text(encoding="utf-8")
    marked = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if marked.search(text):
        text = marked.sub(lambda _: section, text)
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    document.write_text(text, encoding="utf-8")
