# SPDX-License-Identifier: GPL-2.0-only
"""Foreign text for the terminal: control characters are removed, and lines are wrapped."""

from __future__ import annotations

import textwrap

from rich.text import Text

_STATE_STYLE = {"converted": "green", "kept": "dim", "manual": "yellow"}
_VERDICT_STYLE = {"pin": "green", "follow": "cyan", "keep": "dim", "manual": "yellow"}


def cell(text: str) -> Text:
    style = _VERDICT_STYLE.get(text) or _STATE_STYLE.get(text) or ""
    return Text(printable(text), style=style)


def severity_style(severity: str) -> str:
    return {"warning": "bold magenta", "error": "bold red"}.get(severity, "bold cyan")


def printable(text: str) -> str:
    """`text` without control characters, which must not reach the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def joined(text: str) -> str:
    """The lines of a cell as one line."""
    return printable("  ".join(line.strip() for line in text.splitlines()))


def one_line(text: str) -> str:
    return printable(" ".join(line.strip() for line in text.splitlines()))


def broken(text: str, width: int | None) -> list[str]:
    """The lines of `text` wrapped to `width` columns; one line if `width` is None."""
    if width is None:
        return [text]
    return [
        line
        for part in text.split("\n")
        for line in textwrap.wrap(
            part,
            width,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        or [""]
    ]
