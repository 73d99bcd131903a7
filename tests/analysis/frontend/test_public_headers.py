# SPDX-License-Identifier: GPL-2.0-only
"""What stands in headers for the whole kernel is kept, and only those that changed are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from migrate.analysis.frontend import public_headers
from migrate.analysis.frontend.public_headers import PublicHeaders
from migrate.kernel.tree import CODE_FILES
from tests.analysis.memory import MemoryTree, tree_of

ONE, TWO, LIST = "include/linux/one.h", "include/net/two.h", "include/dt-bindings/list.h"
FILES = {
    ONE: "struct one {\n\tint a;\n};\nint take(struct one *o);\n",
    TWO: "union two {\n\tint b;\n};\nvoid taken(struct one *o);\n",
    LIST: "#define take 1\n",
    "drivers/demo/demo.h": "struct one {\n\tint take;\n};\n",
}


class Asked(MemoryTree):
    """A tree that says what is read, and which of its files are not those of "0" * 40."""

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        found = super().read_many(list(paths))
        self.__dict__.setdefault("seen", []).extend(found)
        return found

    def grep_each(
        self, words: Sequence[str], pathspecs: Sequence[str] = CODE_FILES
    ) -> dict[str, list[str]]:
        self.__dict__.setdefault("searched", []).extend(words)
        return super().grep_each(words, pathspecs)

    def changed_since(self, _commit: str) -> frozenset[str] | None:
        changed: frozenset[str] = self.__dict__.get("other", frozenset())
        return changed

    @property
    def seen(self) -> list[str]:
        found: list[str] = self.__dict__.setdefault("seen", [])
        return found


class Memory(dict[str, str]):
    def put(self, key: str, value: str) -> None:
        self[key] = value


def opened(files: dict[str, str], cache: Memory, *changed: str) -> tuple[PublicHeaders, Asked]:
    plain = tree_of(files, skeleton=False)
    tree = Asked(plain.root, ("1" if changed else "0") * 40, plain._blobs)
    tree.__dict__["other"] = frozenset(changed)
    headers = PublicHeaders(tree)
    headers.kept.open(cache)
    return headers, tree


def asked(headers: PublicHeaders) -> tuple[tuple[str, ...], ...]:
    words = (headers.files("take"), headers.files("one"), headers.files("nothing"))
    return (*words, headers.struct_files("one"), headers.struct_files("two"))


EXPECTED = ((ONE,), (ONE, TWO), (), (ONE,), (TWO,))


def test_words_and_structs_of_headers_for_all() -> None:
    headers, _ = opened(FILES, Memory())
    assert asked(headers) == EXPECTED


def test_what_is_known_is_looked_for_in_no_header() -> None:
    cache = Memory()
    headers, _ = opened(FILES, cache)
    assert asked(headers) == EXPECTED
    headers.kept.save()
    again, tree = opened(FILES, cache)
    assert asked(again) == EXPECTED
    assert (tree.seen, "searched" in tree.__dict__) == ([], False)


def test_only_headers_that_have_changed_are_read() -> None:
    cache = Memory()
    headers, _ = opened(FILES, cache)
    asked(headers)
    headers.kept.save()
    files = {**FILES, TWO: "struct two {\n\tstruct page *take;\n};\n"}
    again, tree = opened(files, cache, TWO, "drivers/demo/demo.h")
    assert asked(again) == ((ONE, TWO), (ONE,), (), (ONE,), (TWO,))
    assert set(tree.seen) == {TWO, "drivers/demo/demo.h"}


def test_a_word_of_which_nothing_is_known_is_looked_for_alone() -> None:
    cache = Memory()
    headers, _ = opened(FILES, cache)
    asked(headers)
    headers.kept.save()
    again, tree = opened(FILES, cache)
    assert (again.files("taken"), again.struct_files("page")) == ((TWO,), ())
    assert tree.__dict__["searched"] == ["taken", "page"]
    assert tree.seen == []


def test_for_many_such_words_all_headers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_headers, "_MOST_ALONE", 1)
    cache = Memory()
    headers, _ = opened(FILES, cache)
    asked(headers)
    headers.kept.save()
    again, tree = opened(FILES, cache)
    assert (again.files("taken"), again.files("int")) == ((TWO,), (ONE, TWO))
    assert tree.__dict__["searched"] == ["taken"]
    assert {ONE, TWO} <= set(tree.seen)
