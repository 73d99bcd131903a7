# SPDX-License-Identifier: GPL-2.0-only
"""Turn the pins of a C file back into what was there before: plain references.

Bulk releases are spelled out in the ways that drivers had before there were any. Every file is
written twice, with the same loops: once with get_user_pages*() and put_page(), once with
pin_user_pages*() and unpin_user_page(). The second, or the file as it was, is what the first has to
become again: each loop may have been left a loop, or folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import Function, parse

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
class _Edit:
    """Bytes `start` to `end` become `text`, with the release function in place of each RELEASE.

    A declaration for loops has no `name`; `folds` is for what takes the place of a bulk release.
    """

    start: int
    end: int
    text: str
    line: int
    function: str
    name: str
    folds: bool = False


@dataclass(frozen=True)
class Undone:
    """A file without pins, the same file with pins, and what was changed in it."""

    path: str
    plain: bytes
    pinned: bytes
    acquires: tuple[Site, ...]
    releases: tuple[Site, ...]
    original: bytes = b""
    edits: tuple[_Edit, ...] = ()

    def could_become(self) -> Iterator[bytes]:
        """What the file can be with its pins: each loop as it is, or folded as it was."""
        loops = [edit for edit in self.edits if edit.folds]
        for choice in product((False, True), repeat=min(len(loops), _MOST_LOOPS)):
            folded = [edit for edit, fold in zip(loops, choice, strict=False) if fold]
            kept = {edit.function for edit in loops if edit not in folded}
            left = [
                edit
                for edit in self.edits
                if edit not in folded and (edit.name or edit.function in kept)
            ]
            yield _apply(self.original, left, _UNPIN, acquires=False)[0]


_RELEASE, _BULK = "@release@", "@release@s"
"""In the text of an edit: the function for one page, and that for an array and a count."""

_MOST_LOOPS = 10


def undo(path: str, text: bytes) -> Undone:
    """Turn every pin of the file back; bulk releases become loops of one form after the other."""
    source = parse(path, text)
    edits: list[_Edit] = []
    for function in source.functions:
        own = {n for n, found in source.by_name.items() if any(f.static for f in found)}
        mine: list[_Edit] = []
        for call, name in _calls(function.body):
            if name not in own:
                mine += _edit(function, call, name, form=len(edits) + len(mine))
        if any(_counts(edit) for edit in mine):
            mine.append(_declaration(function))
        edits += mine
    edits.sort(key=lambda edit: edit.start)
    pinned, _ = _apply(text, edits, _UNPIN, acquires=False)
    plain, places = _apply(text, edits, _PUT, acquires=True)
    sites = [
        Site(path, edit.line, edit.function, edit.name, tuple(found))
        for edit, found in zip(edits, places, strict=True)
        if edit.name
    ]
    return Undone(
        path,
        plain,
        pinned,
        tuple(s for s in sites if s.name in ACQUIRES),
        tuple(s for s in sites if s.name not in ACQUIRES),
        text,
        tuple(edits),
    )


def _counts(edit: _Edit) -> bool:
    return (
        edit.folds and _BULK not in edit.text and "for (" in edit.text
    ) or "while (" in edit.text


def _declaration(function: Function) -> _Edit:
    """The counter of all loops of a function, where its body begins."""
    at, line = function.body.start_byte + 1, function.body.start_point[0] + 1
    counter = _unused(function, _COUNTERS)
    return _Edit(at, at, f"\n\tlong {counter};", line, function.name, "")


def _calls(body: Node) -> Iterator[tuple[Node, str]]:
    queue = [body]
    while queue:
        node = queue.pop(0)
        callee = node.child_by_field_name("function") if node.type == "call_expression" else None
        if callee is not None and (name_of(callee) in ACQUIRES or name_of(callee) in RELEASES):
            yield node, name_of(callee)
        queue.extend(node.named_children)


def _edit(function: Function, call: Node, name: str, *, form: int) -> list[_Edit]:
    callee = call.child_by_field_name("function")
    listed = call.child_by_field_name("arguments")
    assert callee is not None and listed is not None
    where, line = (callee.start_byte, callee.end_byte), call.start_point[0] + 1
    if name in ACQUIRES:
        return [_Edit(*where, ACQUIRES[name], line, function.name, name)]
    if name == "unpin_user_page":
        return [_Edit(*where, _RELEASE, line, function.name, name)]
    statement = call.parent
    if statement is None or statement.type != "expression_statement":
        return []
    arguments = [name_of(c) for c in listed.named_children if c.type != "comment"]
    names = (_unused(function, _COUNTERS), _unused(function, _HELD))
    text = _spelled_out(name, arguments, names, form)
    return [_Edit(statement.start_byte, statement.end_byte, text, line, function.name, name, True)]


def _spelled_out(name: str, arguments: list[str], names: tuple[str, str], form: int) -> str:
    """A bulk release as drivers wrote it before there was one, in one of four forms.

    `names` are free for a counter and for one page.
    """
    counter, held = names
    pages, count, *rest = arguments
    dirty = rest[0] if rest else "false"
    if count == "1" and pages.startswith("&"):
        return "{ " + _one(pages[1:].strip(), dirty) + " }"
    plain, in_range = _is_plain(count), "range" in name
    forms = ["up", "down" if plain else "up", "while"]
    if dirty in _FALSE and not in_range:
        forms.append("bulk")
    kind = forms[form % len(forms)]
    page = _element(pages, f"--{counter}" if kind == "while" else counter, in_range=in_range)
    if kind == "bulk":
        return f"{_BULK}({pages}, {count});"
    if kind == "while":
        # The index may be used once only.
        body = f"struct page *{held} = {page}; {_one(held, dirty)}"
        body = body if dirty not in _FALSE else _one(page, dirty)
        return f"{{ {counter} = {count}; while ({counter} > 0) {{ {body} }} }}"
    body = _one(page, dirty)
    body = body if dirty in _FALSE else f"{{ {body} }}"
    if kind == "down":
        return f"for ({counter} = {count} - 1; {counter} >= 0; {counter}--) {body}"
    return f"for ({counter} = 0; {counter} < {count}; {counter}++) {body}"


def _is_plain(text: str) -> bool:
    return text.replace("->", "").replace(".", "").replace("_", "").isalnum()


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
    return f"{pages}[{index}]" if _is_plain(pages) else f"({pages})[{index}]"


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
    text: bytes, edits: Sequence[_Edit], release: str, *, acquires: bool
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
                    bulk = release == _PUT and part.startswith("s(")
                    done += b"release_page" if bulk else release.encode()
                done += part.encode()
        places.append(found)
        at = edit.end
    return done + text[at:], places


def _place(before: bytes) -> tuple[int, int]:
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1)
