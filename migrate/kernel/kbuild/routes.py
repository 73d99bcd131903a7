# SPDX-License-Identifier: GPL-2.0-only
"""The route of an object: the makefile that lists it, its target for make, the symbols it needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from migrate.kernel.kbuild import makefiles
from migrate.kernel.kbuild.makefiles import Makefile, Way, simplest
from migrate.kernel.tree import Tree

_MAKEFILES = ("Makefile", "*/Makefile", "Kbuild", "*/Kbuild", "Makefile.*", "*/Makefile.*")
_MOST_WAYS = 32
_UNCONDITIONAL: Way = frozenset()


@dataclass(frozen=True)
class Owner:
    """A makefile that builds an object.

    `target` is the argument for make: it keeps the `..` of an object that a makefile lists from
    another folder, because kbuild knows it under that name. Each of `ways` is sufficient to build
    the object. `arch` is the folder below arch/, "" for a makefile outside of arch/.
    """

    makefile: str
    target: str
    ways: tuple[Way, ...]

    @property
    def arch(self) -> str:
        return source_architecture(self.makefile)

    @property
    def object(self) -> str:
        """The path of the object below the build folder."""
        return posixpath.normpath(self.target)


def source_architecture(path: str) -> str:
    """The folder below arch/ that contains `path`, "" for a path elsewhere."""
    parts = path.split("/")
    return parts[1] if parts[0] == "arch" and len(parts) > 2 else ""


@dataclass
class Kbuild:
    """The makefiles of a tree, read on demand."""

    tree: Tree
    _makefiles: dict[str, Makefile | None] = field(default_factory=dict)
    _folders: dict[str, tuple[Way, ...]] = field(default_factory=dict)

    def owners(self, source: str) -> tuple[Owner, ...]:
        """Every makefile that builds the object of `source`, a .c or .S file; none for other files.

        A file that is only included by another one has the owners of that one.
        """
        found = self._owners_of(posixpath.splitext(source)[0] + ".o")
        if not found and source.endswith(".c"):
            for includer in self._includers(source):
                found = self._owners_of(posixpath.splitext(includer)[0] + ".o")
                if found:
                    break
        return tuple(found)

    def _owners_of(self, name: str) -> list[Owner]:
        for folder in _upwards(posixpath.dirname(name)):
            makefile = self._makefile_of(folder)
            if makefile and (ways := makefile.ways(posixpath.relpath(name, folder or "."))):
                return [self._owner(makefile, name, ways)]
        return [
            self._owner(makefile, f"{makefile.folder}/{word}", makefile.ways(word))
            for makefile, word in self._elsewhere(name)
        ]

    def _owner(self, makefile: Makefile, target: str, ways: set[Way]) -> Owner:
        whole = _combined(ways, self.ways_into(makefile.folder))
        return Owner(makefile.path, target, tuple(sorted(whole, key=lambda w: sorted(w))))

    def ways_into(self, folder: str) -> tuple[Way, ...]:
        """Every way in which kbuild descends into `folder` from the top."""
        if folder not in self._folders:
            self._folders[folder] = (_UNCONDITIONAL,)
            self._folders[folder] = tuple(self._ways_into(folder))
        return self._folders[folder]

    def _ways_into(self, folder: str) -> set[Way]:
        parts = folder.split("/")
        if not folder or (parts[0] == "arch" and len(parts) == 2):
            return {_UNCONDITIONAL}
        for above in _upwards(posixpath.dirname(folder)):
            makefile = self._makefile_of(above)
            if makefile and (ways := makefile.ways(posixpath.relpath(folder, above or ".") + "/")):
                return _combined(ways, self.ways_into(above))
        # The makefiles of an architecture and of the top name folders relative to the top.
        for path in (f"arch/{source_architecture(folder + '/')}/Makefile", "Makefile"):
            makefile = self._makefile(path)
            if makefile and (ways := makefile.ways(folder + "/")):
                return ways
        return {_UNCONDITIONAL}

    def _elsewhere(self, name: str) -> Iterator[tuple[Makefile, str]]:
        """Makefiles of other folders that list `name`, with the word that they use for it."""
        for path in self._naming(posixpath.basename(name)):
            makefile = self._makefile(path)
            for word in sorted(set(makefile.words())) if makefile else ():
                if (
                    makefile
                    and posixpath.normpath(posixpath.join(makefile.folder, word)) == name
                    and makefile.ways(word)
                ):
                    yield makefile, word

    def _naming(self, word: str) -> list[str]:
        """Makefiles that contain `word` themselves or in a makefile that they include."""
        direct = self.tree.grep([word], _MAKEFILES)
        fragments = {p for p in direct if not _is_makefile(p)}
        names = sorted({posixpath.basename(p) for p in fragments})
        return sorted({*direct, *self.tree.grep(names, _MAKEFILES)} - fragments)

    def _includers(self, source: str) -> list[str]:
        folder, name = posixpath.split(source)
        including = f'include "{name}"'.encode()
        near = self.tree.grep([name], [f"{folder}/*.c" if folder else "*.c"])
        return [p for p in near if p != source and including in (self.tree.read(p) or b"")]

    def _makefile_of(self, folder: str) -> Makefile | None:
        for name in ("Kbuild", "Makefile"):
            if (makefile := self._makefile(posixpath.join(folder, name))) is not None:
                return makefile
        return None

    def _makefile(self, path: str) -> Makefile | None:
        if path not in self._makefiles:
            text = self._text(path)
            self._makefiles[path] = (
                None if text is None else makefiles.parse(path, text, self._text)
            )
        return self._makefiles[path]

    def _text(self, path: str) -> str | None:
        body = None if path.startswith("../") else self.tree.read(path)
        return None if body is None else body.decode("utf-8", "surrogateescape")


def _upwards(folder: str) -> Iterator[str]:
    """`folder` and every folder above it, down to "" for the top."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _is_makefile(path: str) -> bool:
    return posixpath.basename(path) in ("Makefile", "Kbuild")


def _combined(first: set[Way], second: tuple[Way, ...]) -> set[Way]:
    whole = simplest(a | b for a, b in product(first, second))
    return set(sorted(whole, key=lambda w: (len(w), sorted(w)))[:_MOST_WAYS])
