# SPDX-License-Identifier: GPL-2.0-only
"""Words in the text of C: which are in code."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.text.lexical import any_word, in_code

WORDS = any_word(["get", "put"])


@pytest.mark.parametrize(
    "text",
    [
        b"get(1);",
        b"x = put;",
        b"/* put */ get();",
        b"'\"' get '\"'",
        b'"\\"" get ""',
        b"// get\nget();",
        b"#define all get",
        b"it's get, isn't it",
    ],
)
def test_a_word_in_code(text: bytes) -> None:
    assert in_code(WORDS, text)


@pytest.mark.parametrize(
    "text",
    [
        b"getter(1);",
        b"/* get\n * put */",
        b"// get",
        b'"get" "\\" put"',
        b"/* get",
        b"forget",
    ],
)
def test_no_word_in_code(text: bytes) -> None:
    assert not in_code(WORDS, text)
