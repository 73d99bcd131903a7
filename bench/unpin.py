# SPDX-License-Identifier: GPL-2.0-only
"""Turn the pins of a C file back into what was there before: plain references.

Every file is written twice, with the same loops: once with get_user_pages*() and put_page(), once
with pin_user_pages*() and unpin_user_page(). The second is what the first has to become again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.syntax import Function, name_of, parse

ACQUIRES = {
    f"pin_user_pages{kind}": f"get_user_pages{kind}"
    for kind in ("", "_fast", "_fast_only", "_remote", "_unlocked", "_locked")
}
RELEASES = (
    "unpin_user_page",
    "unpin_user_pages",
    "unpin_user_pages_dirty_lock",
    "unpin_user_page_range_dirty_lock",
)
_PUT, _UNPIN = "put_page", "unpin_user_page"
_HELD = ("page", "held", "held_page")
_COUNTERS = ("i", "j", "k", "n", "idx", "nth", "counter")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


@dataclass(frozen=True)
class Site:
    """One pin or unpin: `line` from 1 in the file as it is, `places` (line from 1, column from 0)
    of the calls that it became; none for what could not be turned back."""

    path: str
    line: int
    function: str
    name: str
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Undone:
    """A file without pins, the same file with pins, and what was changed in it."""

    path: str
    plain: bytes
    pinned: bytes
    acquires: tuple[Site, ...]
    releases: tuple[Site, ...]


@dataclass(frozen=True)
class _Edit:
    """Bytes `start` to `end` become `text`, with the release function in place of each RELEASE."""

    start: int
    end: int
    text: str
    call: Node
    function: str
    name: str


_RELEASE = "@release@"


def undo(path: str, text: bytes) -> Undone:
    """Turn every pin of the file back. Bulk releases become loops, in turn forward and backward."""
    source = parse(path, text)
    edits: list[_Edit] = []
    for function in source.functions:
        own = {n for n, found in source.by_name.items() if any(f.static for f in found)}
        for call, name in _calls(function.body):
            if name not in own:
                edits += _edit(function, call, name, backward=len(edits) % 2 == 1)
    edits.sort(key=lambda edit: edit.start)
    pinned, _ = _apply(text, edits, _UNPIN, acquires=False)
    plain, places = _apply(text, edits, _PUT, acquires=True)
    sites = [
        Site(path, edit.call.start_point[0] + 1, edit.function, edit.name, tuple(found))
        for edit, found in zip(edits, places, strict=True)
    ]
    return Undone(
        path,
        plain,
        pinned,
        tuple(s for s in sites if s.name in ACQUIRES),
        tuple(s for s in sites if s.name not in ACQUIRES),
    )


def _calls(body: Node) -> Iterator[tuple[Node, str]]:
    queue = [body]
    while queue:
        node = queue.pop(0)
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        if callee is not None and (name_of(callee) in ACQUIRES or name_of(callee) in RELEASES):
            yield node, name_of(callee)
        queue.extend(node.named_children)


def _edit(function: Function, call: Node, name: str, *, backward: bool) -> list[_Edit]:
    callee = call.child_by_field_name("function")
    listed = call.child_by_field_name("arguments")
    assert callee is not None and listed is not None
    where = (callee.start_byte, callee.end_byte)
    if name in ACQUIRES:
        return [_Edit(*where, ACQUIRES[name], call, function.name, name)]
    if name == "unpin_user_page":
        return [_Edit(*where, _RELEASE, call, function.name, name)]
    statement = call.parent
    if statement is None or statement.type != "expression_statement":
        return []
    arguments = [name_of(c) for c in listed.named_children if c.type != "comment"]
    names = (_unused(function, _COUNTERS), _unused(function, _HELD))
    text = _spelled_out(name, arguments, names, backward)
    return [
        _Edit(statement.start_byte, statement.end_byte, text, call, function.name, name),
    ]


def _spelled_out(name: str, arguments: list[str], names: tuple[str, str], backward: bool) -> str:
    """A bulk release as drivers wrote it before there was one.

    `names` are free for a counter and for one page.
    """
    counter, held = names
    pages, count, *rest = arguments
    dirty = rest[0] if rest else "false"
    if count == "1" and pages.startswith("&"):
        return "{ " + _one(pages[1:].strip(), dirty) + " }"
    index = f"--{counter}" if backward else counter
    page = _element(pages, index, in_range="range" in name)
    if backward and dirty not in _FALSE:
        # The index may be used once only.
        body = f"struct page *{held} = {page}; {_one(held, dirty)}"
    else:
        body = _one(page, dirty)
    if backward:
        return f"{{ long {counter} = {count}; while ({counter} > 0) {{ {body} }} }}"
    loop = f"for ({counter} = 0; {counter} < {count}; {counter}++)"
    return f"{{ long {counter}; {loop} {{ {body} }} }}"


def _one(page: str, dirty: str) -> str:
    release = f"{_RELEASE}({page});"
    if dirty in _FALSE:
        return release
    mark = f"set_page_dirty_lock({page});"
    return f"{mark} {release}" if dirty in _TRUE else f"if ({dirty}) {mark} {release}"


def _element(pages: str, index: str, *, in_range: bool) -> str:
    if in_range:
        return f"nth_page({pages}, {index})"
    if pages.startswith("&") and pages.endswith("]") and pages.count("[") == 1:
        array, _, first = pages[1:-1].partition("[")
        return f"{array}[{first} + {index}]"
    plain = pages.replace("->", "").replace(".", "").replace("_", "").isalnum()
    return f"{pages}[{index}]" if plain else f"({pages})[{index}]"


def _unused(function: Function, names: Sequence[str]) -> str:
    """The first of `names` that the function does not use."""
    used: set[str] = set()
    queue = [function.node, function.body]
    while queue:
        node = queue.pop()
        if node.type in ("identifier", "field_identifier"):
            used.add(name_of(node))
        queue.extend(node.named_children)
    return next(name for name in names if name not in used)


def _apply(
    text: bytes, edits: list[_Edit], release: str, *, acquires: bool
) -> tuple[bytes, list[list[tuple[int, int]]]]:
    """The text after all edits, and for each of them the places of the calls it left."""
    places: list[list[tuple[int, int]]] = []
    done, at = b"", 0
    for edit in edits:
        done += text[at : edit.start]
        found = []
        if edit.name in ACQUIRES:
            found.append(_place(done))
            done += (edit.text if acquires else edit.name).encode()
        else:
            for number, part in enumerate(edit.text.split(_RELEASE)):
                if number:
                    found.append(_place(done))
                    done += release.encode()
                done += part.encode()
        places.append(found)
        at = edit.end
    return done + text[at:], places


def _place(before: bytes) -> tuple[int, int]:
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1)
