# SPDX-License-Identifier: GPL-2.0-only
"""The text of the kernel by folder, and which of its files have to be parsed.

Regular expressions here only narrow down which files to look at; the syntax trees decide.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from migrate.analysis.frontend.includes import PrivateHeaders
from migrate.analysis.frontend.limits import MOST_BYTES
from migrate.analysis.frontend.macros import may_have_value
from migrate.analysis.frontend.public_headers import AT_ONCE, FOLDER, PublicHeaders, struct_index
from migrate.analysis.frontend.text.lexical import MACRO
from migrate.kernel.tree import Tree
from migrate.kernel.word_index import SearchedTexts
from migrate.kernel.words import whole_word

_UNTIL_BODY = re.compile(
    rb"\b(?:[^;{}/\"]++|/(?![*/])|/\*.*?\*/|//[^\n]*+|\"[^\"\n]*+\"|\")*+(\{?)", re.S
)
_TYPEDEF = re.compile(rb"\btypedef\b([^;{}]*+);|\}\s*+([\w*][\w\s,*]*+);")
_POINTER = re.compile(rb"^typedef\s+struct\s+(\w+)\s*\*\s*(\w+)\s*;", re.M)
_PLAIN = re.compile(rb"[^/\"]*+")
_MENTIONS = 200
"""The maximum number of mentions of a name in a file that are examined; each may take as long as
reading the file."""

_LAST_WORD = re.compile(rb"\w+$")
_BUILT = rb"/(?:[\w-]+/)*(?:[\w-]+\.o\b|Makefile\b)"
_MANY = 1000
"""A folder with more files than this holds many drivers, whatever its Makefile builds."""


class Corpus:
    """Files of one tree, read a folder at a time, because asking git for single files costs
    more."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.private_headers = PrivateHeaders(tree)
        self._folders: dict[str, dict[str, bytes]] = {}
        self._structs: dict[str, dict[bytes, tuple[str, ...]]] = {}
        self._typedefs: dict[str, dict[bytes, tuple[str, ...]]] = {}
        self._macros: dict[str, frozenset[str]] = {}
        self._words: dict[tuple[str, str], tuple[str, ...]] = {}
        self._searched: dict[str, SearchedTexts] = {}
        self.public = PublicHeaders(tree)
        self._headers: dict[str, tuple[str, ...]] = {}
        self._built: dict[str, str] = {}
        self._scopes: dict[str, str] = {}
        self.asked: set[str] = set()
        """The folders whose files were used since :meth:`forget`."""

    @cached_property
    def _c_files(self) -> tuple[str, ...]:
        return tuple(n for n in self.tree.files if n.endswith((".c", ".h")))

    def folder(self, name: str) -> dict[str, bytes]:
        """All .c and .h files below folder `name`, with their contents."""
        if name not in self._folders and name.endswith(".h"):
            self._folders[name] = self.tree.read_many([name])
        if name not in self._folders:
            first, end = self._between(name)
            texts = self._folders[name] = {}
            for at in range(first, end, AT_ONCE):
                texts |= self.tree.read_many(self._c_files[at : min(at + AT_ONCE, end)])
        return self._folders[name]

    def _between(self, name: str) -> tuple[int, int]:
        """The range of the files below folder `name` in the sorted list."""
        if not name:
            return 0, len(self._c_files)
        # "0" is the character after "/": all paths below the folder are between the two.
        return bisect_left(self._c_files, f"{name}/"), bisect_left(self._c_files, f"{name}0")

    def size(self, name: str) -> int:
        """The number of .c and .h files below folder `name`."""
        first, end = self._between(name)
        return end - first

    def scope_folder(self, path: str) -> str:
        """As :func:`scope_folder`, or the folder above if its Makefile builds the files in it: then
        the whole folder above is one driver."""
        name = self._scopes.get(path)
        if name is None:
            name = self._scopes[path] = self._find_scope(path)
        self.asked.add(name)
        return name

    def _find_scope(self, path: str) -> str:
        name = scope_folder(path)
        if name not in self._built:
            parent, last = posixpath.split(name)
            inside = "/" in parent and not path.startswith("include/")
            builds = inside and self._builds(parent, last)
            self._built[name] = parent if builds else name
        return self._built[name]

    def forget(self) -> None:
        """Free all text and what was found in it, except for headers for the whole kernel; it is
        read again on demand."""
        each = (self._folders, self._structs, self._typedefs, self._macros, self._searched)
        for known in each:
            for name in [n for n in known if not _is_for_all(n)]:
                del known[name]
        self._words = {key: paths for key, paths in self._words.items() if _is_for_all(key[0])}
        self.tree.forget(is_header_for_all)
        self._headers.clear()
        self.asked = set()

    def _builds(self, folder: str, name: str) -> bool:
        first, end = self._between(folder)
        if end - first > _MANY:
            return False
        pattern = re.compile(
            rb"(?:(?<![\w/.-])|\$\((?:src|obj)\)/)" + re.escape(name.encode()) + _BUILT
        )
        files = (self.tree.read(f"{folder}/{n}") or b"" for n in ("Makefile", "Kbuild"))
        return any(pattern.search(text) for text in files)

    def scope(self, path: str) -> dict[str, bytes]:
        """The files that may share private names with `path`; see :meth:`scope_folder`."""
        return self.folder(self.scope_folder(path))

    def files_with(self, path: str, word: str) -> tuple[str, ...]:
        """The files of the scope of `path` that have `word` as a whole word."""
        key = (self.scope_folder(path), word)
        if key not in self._words:
            if key[0] not in self._searched:
                self._searched[key[0]] = SearchedTexts(self.folder(key[0]))
            self._words[key] = self._searched[key[0]].files(word)
        return self._words[key]

    def defining_files(self, path: str, name: str) -> tuple[str, ...]:
        """The files of the scope of `path` that seem to define the function `name`."""
        texts = self.scope(path)
        return tuple(n for n in self.files_with(path, name) if defines(texts[n], name))

    def setting_files(self, path: str, member: str) -> tuple[str, ...]:
        """The files of the scope of `path` that seem to give the member a value."""
        texts = self.scope(path)
        pattern = re.compile(rb"\b" + re.escape(member.encode()) + rb"\b\s*=")
        return tuple(n for n in self.files_with(path, member) if pattern.search(texts[n]))

    def near_struct_files(self, tag: str, path: str) -> tuple[str, ...]:
        """The files of the scope of `path` that seem to define struct or union `tag`."""
        return self._struct_index(self.scope_folder(path)).get(tag.encode(), ())

    def struct_files(self, tag: str, path: str) -> Iterator[str]:
        """The files that seem to define struct or union `tag`, as seen from `path`: the file
        itself, its folder, its scope, the headers of its architecture, then those for the whole
        kernel."""
        yield path
        mark, here = tag.encode(), posixpath.dirname(path)
        near = self.near_struct_files(tag, path)
        yield from sorted(near, key=lambda n: posixpath.dirname(n) != here)
        yield from self._included_with(path, tag)
        arch = "/".join(path.split("/")[:2]) if path.startswith("arch/") else "arch/x86"
        self.asked.add(f"{arch}/include")
        yield from self._struct_index(f"{arch}/include").get(mark, ())
        self.asked.add(FOLDER)
        yield from self.public.struct_files(tag)

    def _included_with(self, path: str, word: str) -> Iterator[str]:
        """The private headers outside of the scope of `path` that `path` includes and that contain
        `word`."""
        if path not in self._headers:
            inside = self.scope_folder(path) + "/"
            found = self.private_headers.of(path) if not path.startswith("include/") else ()
            self._headers[path] = tuple(h for h in found if not h.startswith(inside))
        for header in self._headers[path]:
            self.scope_folder(header)  # the content of that folder matters
            if word.encode() in (self.tree.read(header) or b""):
                yield header

    def typedef_files(self, name: str, path: str) -> tuple[str, ...]:
        """The private headers that seem to define the type `name`, as seen from `path`."""
        folder = self.scope_folder(path)
        if folder not in self._typedefs:
            found: dict[bytes, list[str]] = {}
            for header, text in self.folder(folder).items():
                if header.endswith(".h") and b"typedef" in text:
                    for kind in _typedefs(text):
                        found.setdefault(kind, []).append(header)
            self._typedefs[folder] = {n: tuple(paths) for n, paths in found.items()}
        near = self._typedefs[folder].get(name.encode(), ())
        return near or tuple(self._included_with(path, name))

    def header_macros(self, path: str) -> frozenset[str]:
        """The names that headers of the scope of `path` define or undefine as macros."""
        folder = self.scope_folder(path)
        if folder not in self._macros:
            texts = self.folder(folder).items()
            found = {n for name, text in texts if name.endswith(".h") for n in MACRO.findall(text)}
            self._macros[folder] = frozenset(name.decode() for name in found)
        return self._macros[folder]

    def _struct_index(self, name: str) -> dict[bytes, tuple[str, ...]]:
        if name not in self._structs:
            self._structs[name] = struct_index(self.folder(name))
        return self._structs[name]

    def public_files(self, word: str) -> tuple[str, ...]:
        """The headers for the whole kernel that have `word` as a whole word."""
        self.asked.add(FOLDER)
        return self.public.files(word)

    def public_defining_files(self, name: str) -> Iterator[str]:
        """The headers for the whole kernel that seem to define the function `name`."""
        self.asked.add(FOLDER)
        yield from (h for h, text in self.public.texts(name).items() if defines(text, name))

    def is_declared(self, name: str) -> bool:
        """Whether a header for the whole kernel declares the function `name`, as far as the first
        line of a declaration shows."""
        self.asked.add(FOLDER)
        word = re.escape(name.encode())
        written = re.compile(rb"^[A-Za-z_][^#;{}=()\n]*\b" + word + rb"\(", re.M)
        return any(written.search(text) for text in self.public.texts(name).values())

    def public_valuing_files(self, name: str) -> Iterator[str]:
        """The headers for the whole kernel that may give `name` a number."""
        self.asked.add(FOLDER)
        yield from (h for h, text in self.public.texts(name).items() if may_have_value(text, name))

    @cached_property
    def public_pointers(self) -> dict[str, str]:
        """The typedefs in headers for the whole kernel that are pointers to a struct, by name, with
        the tag. Names with several definitions are left out, and so are pointers to pages such as
        pgtable_t."""
        found: dict[bytes, set[bytes]] = {}
        for text in self.folder("include").values():
            for tag, name in _POINTER.findall(text) if b"typedef" in text else ():
                found.setdefault(name, set()).add(tag)
        alone = {n.decode(): min(tags).decode() for n, tags in found.items() if len(tags) == 1}
        return {name: tag for name, tag in alone.items() if tag not in ("page", "folio")}

    def macro_files(self, name: str, path: str) -> Iterator[str]:
        """The files that seem to define the macro `name`, nearest first."""
        opening = rb"^[ \t]*#[ \t]*define[ \t]+" + re.escape(name.encode()) + rb"\("
        pattern = re.compile(opening, re.M)
        texts = self.scope(path)
        yield from (n for n in self.files_with(path, name) if pattern.search(texts[n]))
        self.asked.add(FOLDER)
        yield from (h for h, text in self.public.texts(name).items() if pattern.search(text))


def defines(text: bytes, name: str) -> bool:
    """Whether a body seems to follow `name` somewhere in `text`."""
    word, at = whole_word(name), 0
    for _ in range(_MENTIONS if len(text) <= MOST_BYTES else 0):
        found = word.search(text, at)
        if found is None:
            return False
        behind = _UNTIL_BODY.match(text, found.end())
        if behind is not None and behind[1]:
            return True
        # Mentions of the name before that point have no body either, except in or after a comment.
        plain = _PLAIN.match(text, found.end(), behind.end() if behind is not None else at)
        at = plain.end() if plain is not None else found.end()
    return word.search(text, at) is not None  # too many mentions: parse the file


def _typedefs(text: bytes) -> set[bytes]:
    """The names of types that `text` seems to define."""
    written = {name for names in set(_TYPEDEF.findall(text)) for name in names}
    names = (name.rstrip() for several in written for name in several.split(b","))
    return {last[0] for name in names if (last := _LAST_WORD.search(name)) is not None}


def is_header_for_all(path: str) -> bool:
    """Whether `path` is a header for the whole kernel, or for a whole architecture."""
    return path.endswith(".h") and _is_for_all(path)


def _is_for_all(name: str) -> bool:
    return name.startswith("include") or (name.startswith("arch/") and "/include" in name)


def scope_folder(path: str) -> str:
    """The folder of the driver or subsystem of `path`: at most the first four parts of a path below
    drivers/, and the first three elsewhere.

    A header for the whole kernel has a scope of its own: it is not related to the headers beside it
    more than to others. All of them are searched when its own scope has no answer.
    """
    if path.startswith("include/"):
        return path.rstrip("/")
    parts = path.split("/")[:-1]
    return "/".join(parts[: 4 if parts[:1] == ["drivers"] else 3])
