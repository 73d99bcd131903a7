# SPDX-License-Identifier: GPL-2.0-only
"""Templates to plain text as mailing lists want it: wrapped, and safe to put into a mail."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from migrate.base.errors import Refusal

WIDTH = 75
"""Columns of commit messages and cover letters."""

_TEMPLATES = Path(__file__).parent / "templates"
_KEEP = "\N{NO-BREAK SPACE}"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u0085\u2028\u2029]+")
# What git-am, format-patch or a reader would take for the end of the message, for a header of
# the commit, or for a trailer that nobody gave.
_DANGEROUS = re.compile(
    r"---|diff |diff$|Index: |From[ :]|>From |Date: |Subject: |\[|[A-Za-z-]+-by:|Fixes:|Cc:|"
    r"-- $|-- ?>8|8< ?--|base-commit:|prerequisite-"
)


def render(name: str, folder: Path | None, **values: object) -> str:
    """Fill the template `name` of `folder`, or our own when that has none, and wrap it.

    A :class:`Refusal` when a template of `folder` cannot be filled in.
    """
    try:
        return wrap(_environment(folder).get_template(name).render(**values))
    except jinja2.TemplateError as error:
        if folder is None:
            raise
        what = " ".join(str(error).split()) or type(error).__name__
        raise Refusal(
            f"{folder / name} cannot be filled in: {what}.",
            f"Compare it with {_TEMPLATES / name}.",
        ) from None


def clean(value: object) -> str:
    """One line of plain text: no control characters, nothing that is not valid Unicode."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", text)


def wrap(text: str, width: int = WIDTH) -> str:
    """Fill paragraphs and lists to `width` columns; blocks that are indented stay as they are."""
    blocks = [b.strip("\n") for b in re.split(r"\n(?:[ \t]*\n)+", text) if b.strip()]
    lines = "\n\n".join(_fill(block, width) for block in blocks).split("\n")
    return "\n".join(_guard(line.replace(_KEEP, " ").rstrip()) for line in lines)


def sentence(text: str) -> str:
    """`text` with a capital, unless it begins with an identifier, and with a full stop."""
    text = " ".join(clean(text).split())
    if not text:
        return ""
    first = text.split(" ")[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else text + "."


def listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c": each item once, in order."""
    unique = list(dict.fromkeys(items))
    if len(unique) < 2:
        return "".join(unique)
    return ", ".join(unique[:-1]) + " and " + unique[-1]


def called(names: Sequence[str]) -> str:
    """Names of functions as a text has them: "a() and b()"."""
    return listed([f"{name}()" for name in names])


def number(names: Sequence[object], one: str, many: str) -> str:
    """`one` or `many`, by how many `names` there are: {{ names | number("takes", "take") }}."""
    return one if len(names) == 1 else many


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


@cache
def _environment(folder: Path | None) -> jinja2.Environment:
    folders = [folder, _TEMPLATES] if folder is not None else [_TEMPLATES]
    # A profile from elsewhere may bring its own templates.
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    for function in (sentence, listed, called, number):
        environment.filters[function.__name__] = function
    return environment
