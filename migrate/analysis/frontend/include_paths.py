# SPDX-License-Identifier: GPL-2.0-only
"""Which file an #include means, by the folder it stands in and the -I options of makefiles."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from migrate.kernel.tree import Tree

_OPTION = re.compile(rb"-I[ \t]*([^\s\"']+)")
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]', re.M)
_MOST = 60
"""Headers of drivers; a file that includes more is followed to so many."""


def private_headers(tree: Tree, path: str) -> tuple[str, ...]:
    """The headers that a file includes, directly or not, and that are none for the whole kernel."""
    found: dict[str, None] = {}
    options: dict[str, tuple[str, ...]] = {}
    fresh = [path]
    while fresh and len(found) < _MOST:
        current = fresh.pop()
        folder = posixpath.dirname(current)
        for written in _INCLUDE.findall(tree.read(current) or b""):
            name = written.decode("utf-8", "replace")
            near = posixpath.normpath(posixpath.join(folder, name))
            meant = [near]
            if not tree.exists(near) and not tree.exists(f"include/{name}"):
                if folder not in options:
                    options[folder] = tuple(_folders(tree, folder))
                meant = [posixpath.normpath(posixpath.join(o, name)) for o in options[folder]]
            for header in meant:
                if header not in found and header != path and _is_private(tree, header):
                    found[header] = None
                    fresh.append(header)
    return tuple(found)


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
    """Whether an #include of a file with this text may mean `header`: with -I options, any by the
    same name that finds nothing else may."""
    folder = posixpath.dirname(path)
    related = path.split("/")[:2] == header.split("/")[:2]
    for target in _INCLUDE.findall(text):
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
    """Whether a makefile for the files of `folder` has a -I option that may mean `wanted`; what
    has a variable that is not known is compared by its end."""
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
    """What follows -I as a folder of the tree, `source` the folder of what is compiled."""
    plain = option.replace("$(srctree)/$(src)", "$(src)").replace("$(srctree)/", "")
    return posixpath.normpath(plain.replace("$(src)", source).replace("$(obj)", source))
