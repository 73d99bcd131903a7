# SPDX-License-Identifier: GPL-2.0-only
"""Commands that are shown to the user, quoted so that they can be typed; all are made here."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath


def typed(*words: str | PurePath) -> str:
    """`words` as one line for bash, zsh or ksh.

    A path that begins with a dash gets a "./", so that no program mistakes it for an option; pass
    paths as Path, and only other words as str. Control characters and bytes that are not UTF-8 are
    written as $'...', which dash does not know.
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
    """A command of the tool, for messages that do not know the options of the running one."""
    return typed("gup-migrate", name, *arguments)
