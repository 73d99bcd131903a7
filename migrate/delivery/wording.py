# SPDX-License-Identifier: GPL-2.0-only
"""Renders templates as plain text for mailing lists: wrapped, and safe in a mail."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrate.base.programs.templates import Fill, Templates, fill, own_templates

WIDTH = 75
"""Columns of commit messages and cover letters."""

_TEMPLATES = Path(__file__).parent / "templates"
_KEEP = "\N{NO-BREAK SPACE}"
# Lines that git-am, format-patch or a reader would mistake for the end of the message, a header, or
# a trailer.
_DANGEROUS = re.compile(
    r"---|diff |diff$|Index: |From[ :]|>From |Date: |Subject: |\[|[A-Za-z-]+-by:|Fixes:|Cc:|"
    r"-- $|-- ?>8|8< ?--|base-commit:|prerequisite-"
)


def mail_templates(theirs: Mapping[str, str] | None = None, place: str = "") -> Templates:
    """Our commit.txt and cover.txt; `theirs` from the folder `place` replace them."""
    return Templates(own_templates(_TEMPLATES).ours, theirs or {}, place)


def render(templates: Templates, name: str, values: Sequence[Mapping[str, Any]]) -> list[str]:
    """The template `name` rendered with each of `values`, and wrapped.

    Raises a :class:`Refusal` if a foreign one cannot be rendered.
    """
    jobs = [Fill(name, given) for given in values]
    texts = fill(templates, jobs, "mail", compare=str(_TEMPLATES / name))
    return [wrap(text) for text in texts]


def wrap(text: str, width: int = WIDTH) -> str:
    """Fill paragraphs and lists to `width` columns; indented blocks are not changed."""
    blocks = [b.strip("\n") for b in re.split(r"\n(?:[ \t]*\n)+", text) if b.strip()]
    lines = "\n\n".join(_fill(block, width) for block in blocks).split("\n")
    return "\n".join(_guard(line.replace(_KEEP, " ").rstrip()) for line in lines)


def _fill(block: str, width: int) -> str:
    lines = block.split("\n")
    if not lines[0].lstrip().startswith("- "):
        indented = any(line.startswith(("  ", "\t")) for line in lines)
        return block if indented else _filled(" ".join(lines), width, "", "")
    items: list[str] = []
    for line in lines:
        if line.lstrip().startswith("- "):
            items.append(line.lstrip()[2:])
        else:
            items[-1] += " " + line.strip()
    return "\n".join(_filled(item, width, "- ", "  ") for item in items)


def _filled(text: str, width: int, first: str, later: str) -> str:
    # textwrap breaks at every kind of white space, so a joining blank is replaced by a letter.
    hidden = " ".join(text.split(" ")).replace(_KEEP, "\ue000")
    wrapped = textwrap.fill(
        " ".join(hidden.split()),
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped.replace("\ue000", _KEEP)


def _guard(line: str) -> str:
    return " " + line if _DANGEROUS.match(line) else line
