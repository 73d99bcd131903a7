# SPDX-License-Identifier: GPL-2.0-only
"""The #includes of a whole tree, by the name of the included file, and which file one means, by its
folder and the -I options of makefiles."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

from migrate.kernel.kept_finds import KeptFinds
from migrate.kernel.stems import stems
from migrate.kernel.tree import Tree
from migrate.kernel.words import AnyWord

_INCLUDE = re.compile(
    rb'^([^\0\n]+)\0[ \t]*#[ \t]*include[ \t]*(["<](?:[^">\n]*/)?([^">/\n]+))[">]', re.M
)
_OPTION = re.compile(rb"-I[ \t]*([^\s\"']+)")
_WRITTEN = re.compile(rb'#[ \t]*include[ \t]*["<]([^">\n]+)[">]')
_MOST_PRIVATE = 60
"""Headers of drivers; for a file that includes more, the others are not followed."""
_MARK = "include"
_FEW = 20
"""Searching for this many names takes less time than sorting all #includes by name."""

Written = dict[bytes, list[str]]
"""The files by the text of their #include, with the opening quote or bracket."""


class Includes:
    """The #includes of one tree, from the text of the lines; one search finds all of them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.kept = KeptFinds(tree, (".c", ".h"))
        self._future: Future[bytes] | None = None
        self._known: dict[bytes, Written] = {}
        self._asked = 0

    def prefetch(self) -> None:
        """Begin the search in the background."""
        if self._future is None and "lines" not in self.__dict__:
            pool = ThreadPoolExecutor(1)
            self._future = pool.submit(self._tree.lines_with, [_MARK])
            pool.shutdown(wait=False)

    @cached_property
    def lines(self) -> bytes:
        """Every line of the tree that may be an #include, after its path and a NUL."""
        if self._future is None:
            return self._tree.lines_with([_MARK])
        found, self._future = self._future.result(), None
        return found

    def naming(self, words: Sequence[str]) -> list[str]:
        """The files of the tree that contain one of `words` as a whole word, sorted; the same
        search finds the #includes for later use, because a second pass over all files costs more
        than additional texts."""
        # A path with a newline cannot be distinguished from a line of the searched text.
        if self._future is not None or "lines" in self.__dict__ or self._has_paths_of_lines:
            return self._tree.grep(words)
        parts, any_word = stems(words), AnyWord(words)
        self.lines = self._tree.lines_with([_MARK, *parts])
        named = {_path(path) for part in parts for path in _paths_with(self.lines, part.encode())}
        texts = self._tree.read_many(sorted(named))
        return [path for path, text in texts.items() if any_word.is_in(text)]

    @property
    def _has_paths_of_lines(self) -> bool:
        return any("\n" in path for path in self._tree.files)

    def sort(self) -> None:
        """Find all of them now, by name, for callers with more than a few names."""
        self._by_name  # noqa: B018

    def of(self, name: bytes) -> Written:
        """The #includes of files by this base name."""
        if name not in self._known:
            kept = self.kept.get(_path(name), lambda text: map(_path, _written(text, name)))
            if kept is not None:
                self._known[name] = {_bytes(what): paths for what, paths in kept.items()}
            else:
                self._known[name] = self._found(name)
                found = {_path(what): sorted(p) for what, p in self._known[name].items()}
                self.kept.put(_path(name), found)
        return self._known[name]

    def _found(self, name: bytes) -> Written:
        self._asked += 1
        if self._asked > _FEW or "_by_name" in self.__dict__:
            return self._by_name.get(name, {})
        found: Written = {}
        for path, written, last in self._named(name):
            if last == name:
                found.setdefault(written, []).append(_path(path))
        return found

    def files(self, names: Iterable[str]) -> set[str]:
        """The files that include a file with one of these base names."""
        found = [self.of(_bytes(name)) for name in names]
        return {path for written in found for paths in written.values() for path in paths}

    def _named(self, name: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
        lines = self.lines
        at = lines.find(name)
        while at >= 0:
            start, end = lines.rfind(b"\n", 0, at) + 1, lines.find(b"\n", at)
            end = end if end >= 0 else len(lines)
            match = _INCLUDE.match(lines, start, end)
            if match is not None:
                yield match[1], match[2], match[3]
            at = lines.find(name, end)

    @cached_property
    def _by_name(self) -> dict[bytes, Written]:
        paths = _Paths()
        written: defaultdict[bytes, list[str]] = defaultdict(list)
        for path, what, _ in _INCLUDE.findall(self.lines):
            written[what].append(paths[path])
        found: dict[bytes, Written] = {}
        for what, names in written.items():  # a few thousand, of several hundred thousand lines
            found.setdefault(_last(what), {})[what] = names
        return found


class _Paths(dict[bytes, str]):
    """The paths of files as text, each decoded once."""

    def __missing__(self, path: bytes) -> str:
        found = self[path] = _path(path)
        return found


def _paths_with(lines: bytes, text: bytes) -> Iterator[bytes]:
    """The paths before the lines that contain `text`."""
    at = lines.find(text)
    while at >= 0:
        start = lines.rfind(b"\n", 0, at) + 1
        yield lines[start : lines.find(b"\0", start)]
        end = lines.find(b"\n", at)
        at = lines.find(text, end) if end >= 0 else -1


def _path(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def included(text: bytes) -> set[str]:
    """The base names of the files that a file with this text includes."""
    return {_path(match[3]) for line in _lines(text) if (match := _INCLUDE.match(line))}


def spelled(text: bytes) -> frozenset[bytes]:
    """The names in the #includes of a file with this text, with the quote or bracket before."""
    return frozenset(match[2] for line in _lines(text) if (match := _INCLUDE.match(line)))


def _written(text: bytes, name: bytes) -> frozenset[bytes]:
    """How a file with this text includes files with the base name `name`."""
    if name not in text:
        return frozenset()
    return frozenset(written for written in spelled(text) if _last(written) == name)


def _last(written: bytes) -> bytes:
    return written[max(written.rfind(b"/"), 0) + 1 :]


def _lines(text: bytes) -> Iterator[bytes]:
    return (b".\0" + line for line in text.split(b"\n") if b"include" in line)


class PrivateHeaders:
    """The headers of one tree that are not for the whole kernel, by including file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._included: dict[str, tuple[str, ...]] = {}
        self._folders: dict[str, tuple[str, ...]] = {}

    def of(self, path: str) -> tuple[str, ...]:
        """Those that a file includes, directly or not."""
        found: dict[str, None] = {}
        fresh = [path]
        while fresh and len(found) < _MOST_PRIVATE:
            for header in self._directly(fresh.pop()):
                if header not in found and header != path:
                    found[header] = None
                    fresh.append(header)
        return tuple(found)

    def _directly(self, path: str) -> tuple[str, ...]:
        if path not in self._included:
            written = written_includes(self._tree.read(path) or b"")
            named = (self._meant(path, name.decode("utf-8", "replace")) for name in written)
            meant = dict.fromkeys(header for headers in named for header in headers)
            self._included[path] = tuple(h for h in meant if _is_private(self._tree, h))
        return self._included[path]

    def _meant(self, path: str, name: str) -> list[str]:
        folder = posixpath.dirname(path)
        near = posixpath.normpath(posixpath.join(folder, name))
        if self._tree.exists(near) or self._tree.exists(f"include/{name}"):
            return [near]
        if folder not in self._folders:
            self._folders[folder] = tuple(_folders(self._tree, folder))
        return [posixpath.normpath(posixpath.join(o, name)) for o in self._folders[folder]]


def written_includes(text: bytes) -> Iterator[bytes]:
    """The names in the #includes of a text. Searching for the # and then looking at its line takes
    an eighth of the time of a pattern that begins at each line."""
    for match in _WRITTEN.finditer(text):
        at = match.start()
        if not text[text.rfind(b"\n", 0, at) + 1 : at].strip(b" \t"):
            yield match[1]


def _is_private(tree: Tree, header: str) -> bool:
    return header.endswith(".h") and not header.startswith("include/") and tree.exists(header)


def _folders(tree: Tree, folder: str) -> Iterator[str]:
    """The folders of the tree that -I options name for the files of a folder."""
    for here, option in _options(tree, folder):
        for source in dict.fromkeys((here, folder)):
            path = _plain(option, source)
            if "$" not in path and not path.startswith(("/", "..")):
                yield path


def may_include(tree: Tree, path: str, text: bytes, header: str) -> bool:
    """Whether an #include of a file with this text may mean `header`: with -I options, any with the
    same name that matches no other file may."""
    folder = posixpath.dirname(path)
    related = path.split("/")[:2] == header.split("/")[:2]
    for target in written_includes(text):
        name = target.decode("utf-8", "replace")
        meant = posixpath.normpath(posixpath.join(folder, name))
        if meant == header:
            return True
        if not header.endswith("/" + name):
            continue
        if tree.exists(meant) or tree.exists(f"include/{name}"):
            continue
        if related or "/" in name or _has_option(tree, folder, posixpath.dirname(header)):
            return True
    return False


def _has_option(tree: Tree, folder: str, wanted: str) -> bool:
    """Whether a makefile for the files of `folder` has a -I option that may mean `wanted`; an
    option with an unknown variable is compared by its end."""
    for here, option in _options(tree, folder):
        for source in {here, folder}:
            path = _plain(option, source)
            if path == wanted or ("$" in path and path.endswith(posixpath.basename(wanted))):
                return True
    return False


def _options(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """The -I options of the makefiles of a folder and of those above, each with its folder."""
    here = folder
    while here:
        for name in ("Makefile", "Kbuild"):
            for option in _OPTION.findall(tree.read(f"{here}/{name}") or b""):
                yield here, option.decode("utf-8", "replace")
        here = posixpath.dirname(here)


def _plain(option: str, source: str) -> str:
    """The argument of -I as a folder of the tree; `source` is the folder of the compiled file."""
    plain = option.replace("$(srctree)/$(src)", "$(src)").replace("$(srctree)/", "")
    return posixpath.normpath(plain.replace("$(src)", source).replace("$(obj)", source))
