# SPDX-License-Identifier: GPL-2.0-only
"""Which files of the whole tree may use declarations of a header for the whole kernel."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

from migrate.analysis.frontend.corpus import Corpus, scope_folder
from migrate.analysis.frontend.includes import Includes, included, may_include
from migrate.analysis.frontend.words import WordSearch
from migrate.kernel.words import whole_word

_NOT_KERNEL = ("Documentation/", "tools/", "scripts/", "samples/")
_MOST_SEEING = 1500
"""If more files than this include a header, directly or not, it is one of the kernel's core."""

_MOST_NAMING = 40
"""If more of them contain the word, it is too common for each to be examined."""

_HUGE = 1500
"""If one of them is in a driver with more files than this, looking up its types takes too long."""


class IncludeGraph:
    """Who includes a header, directly or not, from the text of all #includes of one tree."""

    def __init__(self, corpus: Corpus, includes: Includes) -> None:
        self._corpus, self._tree = corpus, corpus.tree
        self._includes = includes
        self._seeing: dict[str, tuple[str, ...] | None] = {}
        self._naming: dict[tuple[str, str], tuple[str, ...] | None] = {}
        self._shared: dict[str, bool] = {}
        self._search = WordSearch(corpus.tree)
        self.kept = self._search.kept
        self.asked: set[str] = set()
        """The words that were searched for in the whole tree; a caller that needs them clears it
        first."""

    def files(self, header: str, word: str) -> tuple[str, ...] | None:
        """The files that contain `word` as a whole word and see `header`; None if there are too
        many."""
        key = (header, word)
        self.asked.add(word)
        if key not in self._naming:
            self._naming[key] = self._find(header, word)
        return self._naming[key]

    def is_mixed(self, path: str) -> bool:
        """Whether the .c file includes another .c file, or is included by any."""
        own = included(self._tree.read(path) or b"")
        return any(not other.endswith(".h") for other in own) or self.is_included(path)

    def is_included(self, path: str) -> bool:
        """Whether anything includes a file by that name."""
        return bool(self._includes.of(posixpath.basename(path).encode("utf-8", "surrogateescape")))

    def is_shared(self, header: str) -> bool:
        """Whether files outside the scope of a header may see it, directly or not."""
        if header not in self._shared:
            self._shared[header] = self._goes_out(header)
        return self._shared[header]

    def _goes_out(self, header: str) -> bool:
        folder = self._corpus.scope_folder(header)
        found, fresh = {header}, [header]
        while fresh:
            name = fresh.pop()
            for path in self._including(name) - found:
                inside = path.startswith(f"{folder}/")
                if not inside and may_include(self._tree, path, self._tree.read(path) or b"", name):
                    return True
                if inside and path.endswith(".h"):
                    found.add(path)
                    fresh.append(path)
        return False

    def naming(self, word: str) -> tuple[str, ...] | None:
        """The files that contain `word` as a whole word, whatever they include; None if there are
        too many."""
        key = ("", word)
        self.asked.add(word)
        if key not in self._naming:
            self._naming[key] = self._named(word)
        return self._naming[key]

    def mentioning(self, function: str) -> tuple[str, ...]:
        """The files, in any language, that contain the name of a function."""
        self.asked.add(function)
        others = tuple(name for name in _NOT_KERNEL if name != "samples/")  # it has modules
        return tuple(p for p in self._search.files(function) if not p.startswith(others))

    def expect(self, words: Iterable[str]) -> None:
        """Include `words` in the next search of the tree, because they will be needed soon."""
        self._search.expect(word for word in words if not self._is_common(word))

    def few(self, named: tuple[str, ...]) -> tuple[str, ...] | None:
        """The same files; None if there are too many for each to be examined."""
        huge = any(self._size(scope_folder(path)) > _HUGE for path in named)
        return named if len(named) <= _MOST_NAMING and not huge else None

    def _named(self, word: str) -> tuple[str, ...] | None:
        if self._is_common(word):
            return None  # and the rest of the tree need not be searched
        found = (path for path in self._search.files(word) if path.endswith((".c", ".h")))
        return self.few(tuple(path for path in found if not path.startswith(_NOT_KERNEL)))

    def _is_common(self, word: str) -> bool:
        return len(self._corpus.public_files(word)) > _MOST_NAMING

    def _find(self, header: str, word: str) -> tuple[str, ...] | None:
        if header not in self._seeing:
            self._seeing[header] = self._all_seeing(header)
        seeing = self._seeing[header]
        if seeing is None:
            return None
        pattern = whole_word(word)
        texts = self._tree.read_many(seeing)
        return self.few(tuple(p for p in seeing if p in texts and pattern.search(texts[p])))

    def _size(self, folder: str) -> int:
        files = self._tree.files
        return bisect_left(files, f"{folder}0") - bisect_left(files, f"{folder}/")

    def _all_seeing(self, header: str) -> tuple[str, ...] | None:
        found = {header}
        fresh = [header]
        while fresh:
            more = {path for name in fresh for path in self._including(name)} - found
            found |= more
            core = any(self._seeing.get(name, ()) is None for name in more)
            if core or len(found) > _MOST_SEEING:
                return None
            fresh = [path for path in more if path.endswith(".h") or self.is_included(path)]
        # The private headers of a file need not include what they use.
        return tuple(sorted(found.union(*map(self._corpus.private_headers.of, found))))

    def _including(self, header: str) -> set[str]:
        """The files with an #include that may mean `header`: any that matches the end of its path,
        unless a closer file has that name."""
        found = set()
        for written, paths in self._includes.of(posixpath.basename(header).encode()).items():
            name = written[1:].decode("utf-8", "replace")
            if not _ends_like(header, posixpath.normpath(name).lstrip("./")):
                continue  # the included path ends like the written one, from wherever it is seen
            quoted = written.startswith(b'"')
            for path in paths:
                if not path.startswith(_NOT_KERNEL) and not (
                    quoted and self._nearer(header, posixpath.dirname(path), name)
                ):
                    found.add(path)
            if len(found) > _MOST_SEEING:
                break
        return found

    def _nearer(self, header: str, folder: str, name: str) -> bool:
        """Whether a file of `folder` that includes `name` means another file than `header`."""
        meant = posixpath.normpath(posixpath.join(folder, name))
        return meant != header and meant in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._tree.files)


def _ends_like(header: str, name: str) -> bool:
    """Whether `name` may be a way to write `header`; asm/x.h may stand for asm-generic/x.h."""
    if header == name or header.endswith("/" + name):
        return True
    generic = name.removeprefix("asm/")
    return generic != name and header.endswith("/asm-generic/" + generic)
