# SPDX-License-Identifier: GPL-2.0-only
"""Templates to plain text as mailing lists want it: wrapped, and safe to put into a mail."""

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
# What git-am, format-patch or a reader would take for the end of the message, for a header of
# the commit, or for a trailer that nobody gave.
_DANGEROUS = re.compile(
    r"---|diff |diff$|Index: |From[ :]|>From |Date: |Subject: |\[|[A-Za-z-]+-by:|Fixes:|Cc:|"
    r"-- $|-- ?>8|8< ?--|base-commit:|prerequisite-"
)


def mail_templates(theirs: Mapping[str, str] | None = None, place: str = "") -> Templates:
    """Our commit.txt and cover.txt, with `theirs` of the folder `place` in their stead."""
    return Templates(own_templates(_TEMPLATES).ours, theirs or {}, place)


def render(templates: Templates, name: str, values: Sequence[Mapping[str, Any]]) -> list[str]:
    """The template `name` filled in with each of `values`, and wrapped.

    A :class:`Refusal` when one that is not ours cannot be filled in.
    """
    jobs = [Fill(name, given) for given in values]
    texts = fill(templates, jobs, "mail", compare=str(_TEMPLATES / name))
    return [wrap(text) for text in texts]


def wrap(text: str, width: int = WIDTH) -> str:
    """Fill paragraphs and lists to `width` columns; blocks that are indented stay as they are."""
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
    # textwrap splits at every kind of white space, so the joining blank hides behind a letter.
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
