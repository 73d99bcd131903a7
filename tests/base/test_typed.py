# SPDX-License-Identifier: GPL-2.0-only
"""Commands that are shown arrive, when they are typed, as they were meant."""

from __future__ import annotations

import os
import subprocess
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.base.typed import typed

WORDS = (
    *(
        "plain",
        "two  blanks",
        "quo'te",
        'dou"ble',
        "$HOME",
        "`id`",
        "new\nline",
        "tab\t",
        "\x1b[31m",
    ),
    *("latin\udce9", "\u00fcmlaut", "\u00a0blank", "semi;colon", "*", "~", "#", "!1", "a=b", ""),
    *("back\\slash", "both'\n\\", "{a,b}", "(x)", "-dash", "--all"),
)


def words_of(command: str) -> list[bytes]:
    """What a program gets when `command` is typed after its name."""
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True
    )
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_every_word_comes_through(word: str) -> None:
    line = typed(word, "end")
    assert line.isprintable()
    assert words_of(line) == [os.fsencode(word), b"end"]


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)))
def test_any_words_come_through(words: list[str]) -> None:
    assert words_of(typed("x", *words)) == [b"x", *map(os.fsencode, words)]


def test_a_path_is_never_an_option() -> None:
    assert typed("rm", PurePath("-rf")) == "rm ./-rf"
    assert typed("rm", PurePath("-a b")) == "rm './-a b'"
    assert typed("rm", PurePath("/x/-rf"), "-rf") == "rm /x/-rf -rf"
