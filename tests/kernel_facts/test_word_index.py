# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.kernel.word_index import SearchedTexts, WordIndex
from migrate.kernel.words import whole_word

TEXTS = {
    "a.h": b"struct page *pages;\nint page_count(struct page *page);\n",
    "b.h": b"#define pages(x) (x)->nr_pages\n",
    "c.h": b"",
    "d.h": b"caf\xc3\xa9 a$b\n",
}


@pytest.mark.parametrize(
    ("word", "files"),
    [
        ("pages", ("a.h", "b.h")),
        ("page", ("a.h",)),
        ("nr_pages", ("b.h",)),
        ("nr", ()),
        ("zzz", ()),
        ("A", ()),
        ("caf", ("d.h",)),
        ("a$b", ("d.h",)),
        ("a$", ()),
    ],
)
def test_only_texts_with_the_whole_word_are_found(word: str, files: tuple[str, ...]) -> None:
    assert WordIndex(TEXTS).files(word) == files


def test_nothing_is_found_in_nothing() -> None:
    assert WordIndex({}).files("page") == ()


_NAMES = st.sampled_from(["a", "ab", "b", "_a", "a1", "zz"])


@given(st.lists(st.lists(_NAMES, max_size=6), max_size=5), _NAMES)
def test_it_finds_what_a_search_finds(words: list[list[str]], word: str) -> None:
    texts = {f"{n}.h": " -> ".join(line).encode() for n, line in enumerate(words)}
    searched = tuple(n for n, text in texts.items() if whole_word(word).search(text))
    assert WordIndex(texts).files(word) == searched


class Counted(dict[str, bytes]):
    """Texts that count how often all of them were gone through."""

    rounds = 0

    def items(self):  # type: ignore[no-untyped-def]
        self.rounds += 1
        return super().items()


def test_the_same_is_found_before_and_after_indexing() -> None:
    texts = SearchedTexts(TEXTS)
    for _ in range(40):
        for word, files in (("pages", ("a.h", "b.h")), ("nr", ()), ("a$b", ("d.h",))):
            assert texts.files(word) == files


def test_many_searches_do_not_go_through_all_texts_each_time() -> None:
    counted = Counted(TEXTS)
    texts = SearchedTexts(counted)
    for n in range(1000):
        texts.files(f"word{n}")
    assert 10 < counted.rounds < 100
