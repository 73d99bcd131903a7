# SPDX-License-Identifier: GPL-2.0-only
"""Words are found where a regular expression finds them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from migrate.kernel.words import AnyWord, whole_word, words_of

_TEXT = st.text(alphabet="ab_1 .-\n\xe9", max_size=40).map(lambda text: text.encode("latin-1"))


@given(_TEXT, st.text(alphabet="ab_1.", max_size=3), st.integers(0, 40), st.integers(0, 40))
def test_a_word_is_found_where_its_pattern_is(text: bytes, word: str, start: int, end: int) -> None:
    pattern = re.compile(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)")
    found = [(hit.start(), hit.end()) for hit in whole_word(word).finditer(text, start, end)]
    assert found == [m.span() for m in pattern.finditer(text, start, end)]
    first = whole_word(word).search(text)
    assert (first is not None) == (pattern.search(text) is not None)


def test_letters_on_either_side_make_another_word() -> None:
    text = b"put_page put_page2 xput_page (put_page)"
    assert [hit.start() for hit in whole_word("put_page").finditer(text)] == [0, 30]


def test_any_word_is_one_that_git_grep_finds() -> None:
    words = AnyWord(["demo.h", "get_page", "get"])
    assert words.is_in(b'#include "x/demo.h"')
    assert words.is_in(b"(get)")
    assert not words.is_in(b"demo_h get_pages forget demo.hpp xdemo.h")


@given(st.binary())
def test_the_words_of_a_text_are_those_that_a_search_finds(text: bytes) -> None:
    found = words_of(text)
    assert all(whole_word(word.decode()).search(text) for word in found)
    assert found == set(re.findall(rb"[A-Za-z0-9_]+", text))
