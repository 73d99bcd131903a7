# SPDX-License-Identifier: GPL-2.0-only
"""The last patch: get_user_pages*() move to a header of mm/, if there is no other caller."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import declarator_name, find_first, top_level
from migrate.analysis.frontend.syntax import parse
from migrate.analysis.frontend.text.lexical import any_word, blanked, in_code
from migrate.kernel.signatures import GUP_NAMES
from migrate.kernel.tree import Tree
from migrate.rewrite.api.exports import called_by_modules
from migrate.rewrite.model import FileChange
from migrate.rewrite.steps.anchors import conditional_in_header

HEADER = "include/linux/mm.h"
INTERNAL = "mm/internal.h"
SUBJECT = "mm: make get_user_pages*() internal"

_CODE = ("*.c", "*.h", "*.S")
_USER_SPACE = "tools/"
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]*[>"])[^\n]*\n', re.M)
_GUARD = re.compile(rb"^#ifndef[ \t]+(\w+)\n#define[ \t]+\1\b[^\n]*\n", re.M)
_END = re.compile(rb"^#[ \t]*endif\b[^\n]*\n?", re.M)
_BODY = """\
Nobody outside of mm/ calls {functions} any more. Move {them} to {internal}, so that it stays \
like that{exports}.

No functional change.
"""
_EXPORTS = ", and drop the exports, which no module of mm/ needs"


@dataclass(frozen=True)
class Outside:
    """Why GUP cannot be made internal: `files` outside of mm/ name one of its functions; if there
    are none, `reason` says it, one line without a full stop."""

    files: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Internal:
    """The patch, and its message."""

    body: str
    files: tuple[FileChange, ...]


def made_internal(tree: Tree, changed: Mapping[str, bytes]) -> Internal | Outside:
    """The patch that moves the declarations of GUP in `tree`, with the changes `changed`, from the
    public header to that of mm/, and drops the exports."""
    header, inner = tree.read(HEADER), tree.read(INTERNAL)
    if header is None or inner is None:
        return Outside(reason=f"this tree has no {INTERNAL if header else HEADER}")
    moved = _declared(header)
    names = sorted({name for name, _ in moved})
    if not names:
        return Outside(reason=f"{HEADER} declares none of them")
    conditional = next((name for name, node in moved if conditional_in_header(node)), "")
    if conditional:
        return Outside(reason=f"{HEADER} declares {conditional}() only on a condition")
    texts = _naming(tree, names, changed)
    strangers = sorted(p for p in texts if not p.startswith("mm/") and p != HEADER)
    if strangers:
        return Outside(tuple(strangers))
    places = [node for _, node in moved]
    left = _without(header, places)
    if in_code(any_word(names), left):
        return Outside(reason=f"{HEADER} names one of them in other code")
    # Outside of the include guard, the addition would be parsed once for each #include.
    last = list(_END.finditer(inner))
    if not last or inner[last[-1].end() :].strip():
        return Outside(reason=f"{INTERNAL} does not end with #endif")
    added = b"".join(_lines_of(header, node) + b"\n" for node in places)
    at = last[-1].start()
    whole = _including(INTERNAL, HEADER, inner[:at] + added + inner[at:])
    after = {HEADER: left, INTERNAL: whole}
    kept = _kept_exports(tree, texts, names)
    dropped = False
    for path, text in texts.items():
        if path.endswith(".c"):
            bare = _unexported(text, [name for name in names if name not in kept])
            dropped |= bare != text
            after[path] = _including(path, INTERNAL, bare)
    files = tuple(
        FileChange(path, before, after[path])
        for path in sorted(after)
        if (before := tree.read(path)) != after[path]
    )
    return Internal(_message(names, dropped), files)


def _message(names: Sequence[str], dropped: bool) -> str:
    functions = " or ".join([", ".join(f"{n}()" for n in names[:-1]), f"{names[-1]}()"][-2:])
    functions = functions.removeprefix(" or ")
    them = "their declarations" if len(names) > 1 else "its declaration"
    return _BODY.format(
        functions=functions, them=them, internal=INTERNAL, exports=_EXPORTS if dropped else ""
    )


def _naming(tree: Tree, names: Sequence[str], changed: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the kernel whose code names one of `names`, with their text."""
    asked = [p for p in {*tree.grep(names, _CODE), *changed} if not p.startswith(_USER_SPACE)]
    code = [p for p in asked if p.endswith(tuple(suffix[1:] for suffix in _CODE))]
    pattern = any_word(names)
    texts = tree.read_many(sorted(code))
    return {path: text for path, text in texts.items() if in_code(pattern, text)}


def _declared(header: bytes) -> list[tuple[str, Node]]:
    """The declarations and inline definitions of GUP, in their order."""
    found = []
    for node in top_level(parse(HEADER, header).root):
        if node.type not in ("declaration", "function_definition"):
            continue
        named = find_first(node, "function_declarator")
        name = declarator_name(named) if named is not None else None
        if name in GUP_NAMES:
            found.append((name, node))
    return found


def _span(text: bytes, node: Node) -> tuple[int, int]:
    """The lines of a declaration, including a comment right above it."""
    first = node
    above = node.prev_sibling
    if above is not None and above.type == "comment":
        touches = above.end_point[0] + 1 >= node.start_point[0]
        alone = not text[text.rfind(b"\n", 0, above.start_byte) + 1 : above.start_byte].strip()
        first = above if touches and alone else node
    start = text.rfind(b"\n", 0, first.start_byte) + 1
    end = text.find(b"\n", node.end_byte)
    return start, len(text) if end < 0 else end + 1


def _lines_of(text: bytes, node: Node) -> bytes:
    start, end = _span(text, node)
    return text[start:end]


def _without(text: bytes, nodes: Iterable[Node]) -> bytes:
    """`text` without `nodes`, and without a second empty line in their place."""
    for start, end in sorted((_span(text, node) for node in nodes), reverse=True):
        before, behind = text[:start], text[end:]
        if before.endswith(b"\n\n") and behind.startswith(b"\n"):
            behind = behind[1:]
        text = before + behind
    return text


def _kept_exports(tree: Tree, texts: Mapping[str, bytes], names: Sequence[str]) -> frozenset[str]:
    """Those of `names` that a file of mm/ calls which may be a module."""
    changes = [FileChange(path, b"", text) for path, text in texts.items() if path != HEADER]
    return called_by_modules(tree, [c for c in changes if c.path.endswith(".c")], names)


def _unexported(text: bytes, names: Sequence[str]) -> bytes:
    """`text` without the exports of `names`."""
    listed = b"|".join(re.escape(name.encode()) for name in names) or b"(?!)"
    export = rb"^EXPORT_SYMBOL(?:_GPL)?\((?:%s)\);[ \t]*\n" % listed
    return re.sub(export, b"", text, flags=re.M)


def _including(path: str, header: str, text: bytes) -> bytes:
    """`text` of `path` with an #include of `header`, a path in the tree, after the last #include
    that depends only on the include guard."""
    public = header.removeprefix("include/")
    here = posixpath.dirname(path)
    written = f"<{public}>" if public != header else f'"{posixpath.relpath(header, here)}"'
    includes = list(_INCLUDE.finditer(text))
    if any(_included(here, m[1].decode("utf-8", "replace")) == header for m in includes):
        return text
    code = blanked(text)
    guard = path.endswith(".h")
    plain = [m for m in includes if _depth(code, m.start()) <= guard]
    line = f"#include {written}\n".encode()
    if plain:
        at = plain[-1].end()
        gap = b"" if plain[-1][1][:1] == line[9:10] else b"\n"
        return text[:at] + gap + line + text[at:]
    head = _GUARD.search(text) if guard else None
    at = head.end() if head else 0
    return text[:at] + b"\n" * bool(head) + line + text[at:]


def _included(folder: str, written: str) -> str:
    """The path in the tree of the include `written`, with its quotes, in a file of `folder`."""
    if written.startswith("<"):
        return f"include/{written[1:-1]}"
    return posixpath.normpath(posixpath.join(folder, written[1:-1]))


def _depth(code: bytes | bytearray, end: int) -> int:
    """The number of #if that are open at `end`."""
    opened = len(re.findall(rb"^[ \t]*#[ \t]*if", code[:end], re.M))
    return opened - len(re.findall(rb"^[ \t]*#[ \t]*endif\b", code[:end], re.M))
