# SPDX-License-Identifier: GPL-2.0-only
"""The table of kernel functions: what it may say, and what is refused."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from migrate.analysis.frontend.kernel_api import (
    RESULT,
    Effect,
    Form,
    Origin,
)
from migrate.analysis.frontend.knowledge import BadTable, knowledge, read_function, read_knowledge

TEXT = files("migrate.analysis.frontend").joinpath("data/kernel_api.toml").read_text("utf-8")
HEAD = TEXT.split("\n\n# Members")[0]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"args": ["lose"]}, "f: what is 'lose'?"),
        ({"args": "map"}, "f: 'map' is no list of words"),
        ({"result": "page"}, "f: what is 'page'?"),
        ({"into": 0}, "f: what is 'into'?"),
        ({"flows": ["page -> address"]}, "f: what is 'page -> address'?"),
        ({"flows": ["page 0 -> folio"]}, "f: what is 'folio'?"),
        ({"flows": ["slab 0 -> page"]}, "f: what is 'slab'?"),
        ({"flows": ["any 0 -> page"]}, "f: which form is it in 'any 0 -> page'?"),
        ({"flows": ["page 0 -> same"]}, "f: which form is it in 'page 0 -> same'?"),
        ({"flows": ["page 0 -> page 1 2"]}, "f: what is 'page 0 -> page 1 2'?"),
        ({"bytes": "0"}, "f: what is '0'?"),
        ({"bytes": "0 -> user"}, "f: what is '0 -> user'?"),
    ],
)
def test_a_word_that_nobody_knows(entry: dict[str, object], why: str) -> None:
    with pytest.raises(BadTable) as caught:
        read_function("f", entry)
    assert str(caught.value) == why


def test_a_table_with_more_in_it_and_a_borrower_of_no_known_kind() -> None:
    data = tomllib.loads(TEXT)
    with pytest.raises(BadTable, match="what is 'more'"):
        read_knowledge({**data, "more": {}})
    with pytest.raises(BadTable, match="iov_iter: what is 'lend'"):
        read_knowledge({**data, "borrowers": {"iov_iter": {"use": "lend"}}})


@pytest.mark.parametrize("word", [str(w) for kind in (Effect, Form, Origin) for w in kind if w])
def test_the_head_of_the_table_explains_every_word(word: str) -> None:
    assert re.search(rf" {word}[ ,].*  ", HEAD), word


@pytest.mark.parametrize("word", [str(w) for kind in (Effect, Origin) for w in kind if w])
def test_every_word_is_used(word: str) -> None:
    known = [*knowledge().exact.values(), *(f for _, f in knowledge().patterns)]
    assert any(word in f.effects or f.origin == word for f in known), word


def test_a_name_is_known_exactly_or_by_how_it_begins() -> None:
    known = knowledge()
    assert known.lookup("put_page") is known.exact["put_page"]
    assert known.lookup("folio_test_locked") is dict(known.patterns)["folio_test_*"]
    assert known.lookup("folio_test_locked") is known.lookup("folio_test_locked")
    assert known.lookup("a_driver_s_own") is None
    assert known.lookup("") is None


def test_what_a_function_does_with_bytes() -> None:
    known = knowledge().exact
    assert known["memcpy"].bytes.copies(1)
    assert not known["memcpy"].bytes.copies(0)
    assert known["memcpy"].overwrites(0)
    assert not known["memcpy"].overwrites(1)
    assert known["copy_to_user"].bytes.copies(1)
    assert not known["copy_to_user"].overwrites(0)
    assert not known["memcmp"].bytes.copies(0)
    assert known["swap"].overwrites(0)
    assert known["swap"].overwrites(1)
    assert not known["xchg"].overwrites(0)
    assert known["memset"].bytes.is_constant
    assert not known["memcpy"].bytes.is_constant
    assert not known["memcmp"].bytes.is_constant
    assert known["kmemdup"].bytes.targets == (RESULT,)
    assert "kmemdup" in dict(knowledge().copying)
    assert "copy_from_user" not in dict(knowledge().copying)


def test_what_comes_back() -> None:
    known = knowledge().exact
    assert known["kmalloc"].allocates
    assert not known["alloc_page"].allocates
    assert known["sg_page"].gives(Form.PAGE)
    assert not known["kmemdup"].gives(Form.PAGE)
    assert known["sg_next"].hands_on
    assert not known["htonl"].hands_on
    assert known["pfn_to_page"].finds_again
    assert not known["sg_page"].finds_again
    assert not known["ERR_PTR"].has_value
    assert not known["kfree"].has_value
    assert known["htonl"].has_value


def test_what_is_kept() -> None:
    known = knowledge().exact
    assert not known["memcpy"].keeps
    assert not known["sg_next"].keeps
    assert known["rcu_assign_pointer"].keeps
    assert known["kmap"].keeps
    assert known["swap"].stores
    assert not known["memcpy"].stores
    assert known["rcu_assign_pointer"].may_set(0, 2)
    assert not known["rcu_assign_pointer"].may_set(1, 2)
    assert known["get_kernel_page"].may_set(2, 3)
    assert known["for_each_sg"].may_set(3, 4)


def test_releases_of_pins_and_of_plain_references() -> None:
    known = knowledge()
    assert {"unpin_user_pages", "put_user_page", "unpin_folio"} <= known.unpins
    assert known.unpins < set(known.releases)
    assert known.unpins.isdisjoint({"put_page", "folio_put", "release_pages"})
    assert not any("unpin" in name for name in set(known.releases) - known.unpins)
