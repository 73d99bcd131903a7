# SPDX-License-Identifier: GPL-2.0-only
"""Words that are looked for in the files of earlier searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.base.stores import git
from migrate.kernel import held_parts
from migrate.kernel.held_parts import HeldParts
from migrate.kernel.tree import CODE_FILES, Tree, open_tree
from migrate.kernel.words import whole_word
from tests.kernel_facts.test_tree import FILES, write
from tests.kernel_facts.test_tree import git as run_git

NAMES = (
    "demo_open",
    "demo_open_all",
    "__demo_close",
    "undemo_close",
    "demo",
    "other_thing",
    "page",
)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What git was asked to search for from now on."""
    asked: list[list[str]] = []

    def output(args: Sequence[str], **options: object) -> bytes:
        if args[0] == "grep":
            asked.append([args[n + 1] for n, arg in enumerate(args) if arg == "-e"])
        return git.git_output(args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("migrate.kernel.git_searches.git_output", output)
    return asked


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A kernel without a commit."""
    tree = tmp_path / "linux"
    for name in ("Makefile", "MAINTAINERS", "include/linux/mm.h"):
        write(tree, name, FILES[name])
    run_git(tmp_path, "init", "-q", str(tree))
    return tree


def with_files(checkout: Path, files: Mapping[str, str]) -> Tree:
    for name, text in files.items():
        write(checkout, name, text)
    run_git(checkout, "add", "-A", "-f")
    run_git(checkout, "commit", "-q", "-m", "import")
    return open_tree(checkout)


def test_a_third_word_that_begins_alike_is_not_searched_for(
    checkout: Path,
    searches: list[list[str]],
) -> None:
    tree = with_files(checkout, {"a.c": "demo_open(); undemo_close();\n", "b.S": "__demo_close\n"})
    searches.clear()
    assert tree.grep(["demo_open"], CODE_FILES) == ["a.c"]
    assert tree.grep(["__demo_close"], CODE_FILES) == ["b.S"]
    assert tree.grep(["demo_close"], CODE_FILES) == []
    assert tree.grep(["demo_open_all"], CODE_FILES) == []
    assert searches == [["demo_open"], ["demo_"]]


def test_a_beginning_in_too_many_files_is_searched_for_once(
    checkout: Path,
    searches: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held_parts, "_MOST_FILES", 1)
    tree = with_files(checkout, {"a.c": "demo_a demo_b demo_c demo_d\n", "b.c": "demo_c\n"})
    searches.clear()
    found = [tree.grep([word]) for word in ("demo_a", "demo_b", "demo_c", "demo_d")]
    assert found == [["a.c"], ["a.c"], ["a.c", "b.c"], ["a.c"]]
    assert searches == [["demo_a"], ["demo_"], ["demo_b"], ["demo_c"], ["demo_c"], ["demo_d"]]


def test_a_short_word_is_searched_for_as_a_whole_word(
    checkout: Path,
    searches: list[list[str]],
) -> None:
    tree = with_files(checkout, {"a.c": "page\n", "b.c": "pages\n"})
    searches.clear()
    assert tree.grep(["page"]) == ["a.c"]
    assert tree.grep(["page"]) == ["a.c"]
    assert searches == [["page"], ["page"]]


def test_replaced_contents_are_not_searched(checkout: Path) -> None:
    tree = with_files(checkout, {"a.c": "demo_open\n", "b.c": "demo_opens\n"})
    other = tree.with_files({"a.c": b"int a;\n", "b.c": b"demo_open\n"})
    assert other.grep(["demo_open"]) == ["a.c"]
    assert tree.grep(["demo_open_all"]) == []
    assert tree.grep(["demo_open"]) == ["a.c"]


@given(st.lists(st.sampled_from(NAMES), min_size=1), st.data())
def test_the_files_are_those_of_a_search_for_the_word(
    words: list[str], data: st.DataObject
) -> None:
    """Whatever was searched for before."""
    texts = {
        f"{n}.c": " ".join(data.draw(st.lists(st.sampled_from(NAMES), max_size=2))).encode()
        for n in range(3)
    }
    held = HeldParts()
    for word in words:
        if held.files(word) is None:
            held.learn(held.parts([word]), texts.items())
        files = held.files(word)
        holding = [path for path, text in texts.items() if whole_word(word).search(text)]
        assert files is None or set(holding) <= set(files)
        assert files is not None or "_" not in word
