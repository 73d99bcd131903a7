# SPDX-License-Identifier: GPL-2.0-only
"""The format of every file in the workspace: what is written comes back, and only that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.base import codec


class Colour(StrEnum):
    RED = "bright red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    name: str
    data: bytes
    maybe: bytes | None


@dataclass(frozen=True)
class Node:
    leaves: tuple[Leaf, ...]
    colour: Colour
    count: int
    share: float
    table: dict[str, int]


leaves = st.builds(Leaf, st.text(), st.binary(), st.none() | st.binary())
nodes = st.builds(
    Node,
    st.lists(leaves, max_size=4).map(tuple),
    st.sampled_from(Colour),
    st.integers(),
    st.floats(allow_nan=False),
    st.dictionaries(st.text(), st.integers(), max_size=4),
)


@given(nodes)
def test_what_is_written_comes_back(node: Node) -> None:
    assert codec.loads(codec.dumps(node), Node) == node


@given(nodes)
def test_the_same_value_gives_the_same_text(node: Node) -> None:
    again = codec.loads(codec.dumps(node), Node)
    assert codec.dumps(again) == codec.dumps(node)


NODE = Node((Leaf("a", b"\xff\x00", None),), Colour.RED, 1, 0.5, {"x": 1})


@pytest.mark.parametrize(
    "change",
    [
        ('"count": 1', '"count": "many"'),
        ('"bright red"', '"green"'),
        ('"count": 1', '"number": 1'),
        ('"count": 1', '"count": 1, "extra": 2'),
        ('"leaves": [', '"leaves": 7, "more": ['),
    ],
)
def test_what_does_not_fit_is_a_value_error(change: tuple[str, str]) -> None:
    text = codec.dumps(NODE)
    assert change[0] in text
    with pytest.raises(ValueError):
        codec.loads(text.replace(*change), Node)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"text"'])
def test_what_is_no_such_value_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        codec.loads(text, Node)


def test_a_file_is_replaced_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("the old one")
    codec.write(path, NODE)
    assert codec.loads(path.read_text(encoding="utf-8"), Node) == NODE
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_value_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("the old one")
    with pytest.raises((TypeError, AttributeError)):
        codec.write(path, Leaf("a", object(), None))  # type: ignore[arg-type]
    assert path.read_text() == "the old one"
