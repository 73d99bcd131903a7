# SPDX-License-Identifier: GPL-2.0-only
"""Texts that stand for many words in a search."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.stems import stems


def test_the_names_of_gup_share_one_part() -> None:
    (part,) = stems(GUP_NAMES)
    assert all(part in name for name in GUP_NAMES)


def test_words_that_share_nothing_long_stay() -> None:
    assert sorted(stems(["get_dump_page", "put_page", "get_page"])) == [
        "get_dump_page",
        "get_page",
        "put_page",
    ]


@given(st.lists(st.text("ab_", min_size=1, max_size=16)))
def test_every_word_holds_one_of_them(words: list[str]) -> None:
    found = stems(words)
    assert all(any(part in word for part in found) for word in words)
    assert len(found) <= len(set(words))
