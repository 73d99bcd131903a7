# SPDX-License-Identifier: GPL-2.0-only
"""Commands that we show, spelt so that they can be typed: every one of them is made here."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath


def typed(*words: str | PurePath) -> str:
    """`words` as one line for bash, zsh or ksh.

    A path that begins with a dash gets a "./", so that no program takes it for an option; give
    paths as such, and only words that are none as text. What cannot be shown (control characters,
    bytes that are no UTF-8) is written as $'...', which dash does not know.
    """
    return " ".join(_word(word) for word in words)


def _word(word: str | PurePath) -> str:
    text = os.fspath(word)
    if isinstance(word, PurePath) and text.startswith("-"):
        text = f"./{text}"
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def own_command(name: str, *arguments: str | PurePath, **_: object) -> str:
    """A command of the tool, for whoever does not know the options of the one that runs."""
    return typed("gup-migrate", name, *arguments)
