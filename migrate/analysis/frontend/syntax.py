# SPDX-License-Identifier: GPL-2.0-only
"""C files as error-tolerant syntax trees, and the functions in them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import tree_sitter_c
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from migrate.analysis.frontend.limits import LONGEST_TEXT, too_deep, too_large, too_many
from migrate.analysis.frontend.nodes import (
    declarator_name,
    find_first,
    name_of,
    top_level,
)
from migrate.analysis.frontend.text.dialect import readable
from migrate.analysis.frontend.text.lexical import MACRO
from migrate.analysis.frontend.text.release import Release
from migrate.analysis.frontend.text.settled import settled
from migrate.analysis.place import FunctionId, Place

_LANGUAGE = Language(tree_sitter_c.language())
_INITIALISERS = Query(_LANGUAGE, "(initializer_list) @list")


@dataclass(frozen=True, eq=False)
class Function:
    """One definition; a name may have several in a file, under different #ifdefs.

    `ordinal` counts the functions of the file from 0. `parameters` holds the declaration nodes.
    """

    path: str
    ordinal: int
    name: str
    static: bool
    node: Node
    body: Node
    parameters: tuple[Node, ...]

    @cached_property
    def id(self) -> FunctionId:
        return FunctionId(self.path, self.ordinal)

    @property
    def start(self) -> int:
        return self.node.start_byte

    @property
    def end(self) -> int:
        return self.body.end_byte

    @property
    def is_weak(self) -> bool:
        """Whether the linker takes another function by that name if there is one."""
        head = (self.node.text or b"")[: self.body.start_byte - self.node.start_byte]
        return _WEAK.search(head) is not None


_WEAK = re.compile(rb"\b(?:__weak|weak|__weak__)\b")
_ROWS_BEFORE = 2
"""Lines before the body in the text that a macro is parsed as."""


@dataclass(frozen=True)
class Origin:
    """For the body of a macro: where the macro is defined, and that line of the file, stripped.

    `body` is where the body begins, and `before` the number of bytes before it in that line of the
    parsed text, the third; `lines` are those of the file from there on, stripped. Without `body`,
    everything is placed where the macro is defined.
    """

    place: Place
    line: str
    body: Place | None = None
    before: int = 0
    lines: tuple[str, ...] = ()

    def line_of(self, row: int) -> str:
        """The line of the file for a row, from 0, of the parsed text."""
        number = row - _ROWS_BEFORE
        return self.lines[number] if 0 <= number < len(self.lines) else self.line

    def place_of(self, row: int, column: int) -> Place:
        """Where a row, from 0, and a column of the parsed text are in the file."""
        if self.body is None or row < _ROWS_BEFORE:
            return self.place
        first = row == _ROWS_BEFORE
        shifted = self.body.column + column - self.before if first else column
        return Place(self.place.path, self.body.line + row - _ROWS_BEFORE, shifted)


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed file of the tree.

    `unread` says in one line why it is not analysed; then it is treated as one function without a
    name that spans the whole file.
    """

    path: str
    text: bytes
    root: Node = field(repr=False)
    origin: Origin | None = None
    unread: str = ""

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """All function definitions, in file order."""
        if self.unread:
            body = self.root.children[0]
            return (Function(self.path, 0, "", False, body, body, ()),)
        return tuple(_functions(self))

    @cached_property
    def by_name(self) -> dict[str, tuple[Function, ...]]:
        found: dict[str, list[Function]] = {}
        for function in self.functions:
            found.setdefault(function.name, []).append(function)
        return {name: tuple(functions) for name, functions in found.items()}

    @cached_property
    def macros(self) -> frozenset[str]:
        """The names that the file itself defines or undefines as macros."""
        return frozenset(name.decode() for name in MACRO.findall(self.text))

    def function_at(self, byte: int) -> Function | None:
        """The function whose definition contains `byte`."""
        if self.unread:
            return self.functions[0]
        at = bisect_right(self._starts, byte) - 1
        found = self.functions[at] if at >= 0 else None
        return found if found is not None and byte < found.end else None

    @cached_property
    def _starts(self) -> list[int]:
        return [function.start for function in self.functions]

    def has_initialiser(self, function: Function) -> bool:
        """Whether there is an initialiser list in the function."""
        at = bisect_left(self._initialisers, function.start)
        return at < len(self._initialisers) and self._initialisers[at] < function.end

    @cached_property
    def _initialisers(self) -> list[int]:
        """Where each initialiser list starts."""
        found = QueryCursor(_INITIALISERS).captures(self.root)
        return sorted(node.start_byte for node in found.get("list", ()))

    def place(self, node: Node) -> Place:
        if self.origin is not None:
            return self.origin.place_of(*node.start_point)
        return Place(self.path, node.start_point[0] + 1, node.start_point[1])

    def place_at(self, byte: int) -> Place:
        """The place of a byte in the file."""
        if self.origin is not None:
            return self.origin.place
        line = bisect_right(self._lines, byte)
        return Place(self.path, line, byte - self._lines[line - 1])

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line starts."""
        return [0, *(match.end() for match in re.finditer(b"\n", self.text))]

    def code(self, node: Node) -> str:
        """The source of `node`, white space folded."""
        text = self.text[node.start_byte : node.end_byte]
        return " ".join(text.decode("utf-8", "replace").split())

    def line(self, node: Node) -> str:
        """The source line on which `node` starts, stripped; a long line is cut around the node."""
        if self.origin is not None:
            return self.origin.line_of(node.start_point[0])
        return self.line_at(node.start_byte)

    def line_at(self, byte: int) -> str:
        """The source line around `byte`, stripped; a long line is cut before `byte`."""
        if self.origin is not None:
            return self.origin.line
        low, high = max(0, byte - LONGEST_TEXT), byte + LONGEST_TEXT
        start, end = self.text.rfind(b"\n", low, byte) + 1, self.text.find(b"\n", byte, high)
        begins, ends = start > 0 or low == 0, end >= 0 or high >= len(self.text)
        if begins and ends:
            line = self.text[start : end if end >= 0 else len(self.text)]
            return line.decode("utf-8", "replace").strip()
        first = start if begins and byte - start < LONGEST_TEXT // 4 else byte
        last = min(first + LONGEST_TEXT, end if end >= 0 else len(self.text))
        text = self.text[first:last].decode("utf-8", "replace").strip()
        before = "" if begins and first == start else "... "
        return before + text + ("" if ends and last in (end, len(self.text)) else " ...")


def parse(
    path: str, text: bytes, origin: Origin | None = None, release: Release | None = None
) -> Source:
    """Parse `text`; never fails: code that is not C becomes ERROR nodes, and text beyond the limits
    is not analysed, see :attr:`Source.unread`.

    Code that the grammar does not know is rewritten first; every byte stays where it is. With
    `release` that includes conditionals between parentheses, which the release decides.
    """
    why = too_large(text)
    if why:
        return unread(path, text, why, origin)
    text = settled(text, release) if release is not None else text
    plain = readable(text)
    source = Source(path, text, Parser(_LANGUAGE).parse(plain).root_node, origin)
    bodies = [function.body for function in source.functions]
    why = too_many(bodies) or too_deep(text, source.root, bodies)
    return unread(path, text, why, origin) if why else source


def unread(path: str, text: bytes, why: str, origin: Origin | None = None) -> Source:
    """A file that is not analysed: all of its bytes are in one function."""
    return Source(path, text, Parser(_LANGUAGE).parse(b"{}").root_node, origin, why)


def members_set(source: Source, member: str) -> Iterator[str]:
    """The names N in `.member = N` and `x->member = N` in the whole file, "" for a value that is
    not a name."""
    if source.unread:
        yield ""
        return
    for match in re.finditer(rb"\b" + re.escape(member.encode()) + rb"\s*=", source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.start() + len(member))
        holder = node.parent if node is not None else None
        while holder is not None and holder.type in ("field_designator", "field_expression"):
            holder = holder.parent
        if holder is None or holder.type not in ("initializer_pair", "assignment_expression"):
            continue
        value = holder.child_by_field_name("value") or holder.child_by_field_name("right")
        if value is not None and value.type == "pointer_expression":
            value = value.child_by_field_name("argument")
        if value is not None and value.type == "identifier":
            yield name_of(value)
        elif value is not None and value.type not in ("null", "number_literal"):
            yield ""


def _functions(source: Source) -> Iterator[Function]:
    ordinal = 0
    previous: Node | None = None
    for node in top_level(source.root):
        found = None
        if node.type == "function_definition":
            found = _from_definition(source, node, ordinal)
        elif node.type == "compound_statement" and previous is not None:
            found = _from_macro(source, previous, node, ordinal)
        if found is not None:
            yield found
            ordinal += 1
        previous = node


def _from_definition(source: Source, node: Node, ordinal: int) -> Function | None:
    body = node.child_by_field_name("body")
    if body is None or body.type != "compound_statement":
        return None
    declarator = None
    for child in node.children:
        if child.type != "compound_statement":
            declarator = find_first(child, "function_declarator") or declarator
    if declarator is None:
        return None
    name = declarator_name(declarator)
    listed = declarator.child_by_field_name("parameters")
    parameters = tuple(
        c for c in (listed.named_children if listed else ()) if c.type == "parameter_declaration"
    )
    static = any(c.type == "storage_class_specifier" and c.text == b"static" for c in node.children)
    return Function(source.path, ordinal, name or "?", static, node, body, parameters)


def _from_macro(source: Source, head: Node, body: Node, ordinal: int) -> Function | None:
    """A body after a macro that forms the header, as in SYSCALL_DEFINE3(read, ...) { ... }."""
    call = find_first(head, "call_expression") or find_first(head, "macro_type_specifier")
    if call is None:
        return None
    first = find_first(call.child_by_field_name("arguments") or call, "identifier")
    name = name_of(first) if first is not None else "?"
    return Function(source.path, ordinal, name, False, head, body, ())
