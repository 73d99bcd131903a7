# SPDX-License-Identifier: GPL-2.0-only
"""Helpers for text in templates and messages: plain lines, sentences, lists of names."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u0085\u2028\u2029]+")


def clean(value: object) -> str:
    """One line of plain text: no control characters, no invalid Unicode."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", text)


def sentence(text: str) -> str:
    """`text` with a capital letter, unless it begins with an identifier, and with a full stop."""
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
    """Function names in prose: "a() and b()"."""
    return listed([f"{name}()" for name in names])


def number(names: Sequence[object], one: str, many: str) -> str:
    """`one` or `many`, depending on the number of `names`: {{ names | number("takes", "take")
    }}."""
    return one if len(names) == 1 else many
