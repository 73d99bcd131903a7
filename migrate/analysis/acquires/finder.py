# SPDX-License-Identifier: GPL-2.0-only
"""The finder that uses tree-sitter, which can handle code that does not parse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from migrate.analysis.acquires.macro_calls import macro_calls
from migrate.analysis.acquires.unread import acquires_by_words, named
from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.nodes import is_unclear, name_of
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.frontend.text.lexical import any_word
from migrate.analysis.gaps import GapKind
from migrate.analysis.ir.facts import extract
from migrate.analysis.model import Acquire, Place, Unparsed
from migrate.kernel.signatures import Signature

_TEXT = frozenset(
    {"comment", "string_content", "string_literal", "char_literal", "system_lib_string"}
)


@dataclass(frozen=True)
class Found:
    """The result for one file: calls, and mentions of the names that are neither call nor
    prototype."""

    acquires: tuple[Acquire, ...]
    unparsed: tuple[Unparsed, ...]
    releases: tuple[tuple[Place, str], ...] = ()
    """The calls of functions that drop a page reference, each with the function around it."""


def find_acquires(source: Source, family: Mapping[str, Signature]) -> Found:
    """Every call of a function of `family` in `source`, except in comments and strings."""
    if source.unread:
        found = tuple(acquires_by_words(source, family))
        return Found(found, (named(source.path, source.unread),) if found else ())
    acquires: list[Acquire] = []
    unparsed: list[Unparsed] = []
    variables = _Variables(source)
    for node, name in mentions(source, tuple(family)):
        if any(f.static for f in source.by_name.get(name, ())):
            continue  # the file has its own function with that name
        function = source.function_at(node.start_byte)
        if function is not None and name in variables.of(function):
            continue
        where = function.name if function is not None else ""
        parent = node.parent
        if parent is not None and _is_callee(parent, node) and name in source.macros:
            # The use of the arguments in the macro is not known.
            unread = _acquire(source, parent, node, where, family[name])
            acquires.append(replace(unread, arguments=()))
        elif parent is not None and _is_callee(parent, node):
            acquires.append(_acquire(source, parent, node, where, family[name]))
        elif node.type != "identifier" and node.type != "preproc_arg":
            unparsed.append(Unparsed(source.place(node), where, GapKind.NAME_UNCLEAR, name))
        elif node.type == "preproc_arg" and (uses := _through_macro(source, node, family)):
            acquires.extend(use for use in uses if use not in acquires)
        elif node.type == "preproc_arg":
            unparsed.append(Unparsed(source.place(node), where, GapKind.NAME_IN_MACRO, name))
        elif function is not None and parent is not None and _is_declared(parent):
            if parent.has_error:
                unparsed.append(Unparsed(source.place(node), where, GapKind.NAME_UNCLEAR, name))
        elif parent is not None and not _is_declared(parent) and not _is_export(source, node):
            unparsed.append(Unparsed(source.place(node), where, GapKind.NAME_NOT_CALLED, name))
    return Found(tuple(acquires), tuple(unparsed), tuple(releases_in(source)))


def _through_macro(
    source: Source, node: Node, family: Mapping[str, Signature]
) -> tuple[Acquire, ...]:
    """The uses of the macro whose body is `node`, if it only acquires."""
    above = node.parent
    named = above.child_by_field_name("name") if above is not None else None
    if above is None or named is None or above.type != "preproc_function_def":
        return ()
    return macro_calls(source, name_of(named), family)


def releases_in(source: Source) -> Iterator[tuple[Place, str]]:
    """The calls of functions that drop a page reference, each with the function around it."""
    for node, name in mentions(source, knowledge().releases):
        if node.parent is None or not _is_callee(node.parent, node):
            continue
        function = source.function_at(node.start_byte)
        if function is None or name not in source.by_name:
            yield source.place(node), function.name if function is not None else ""


class _Variables:
    """The parameters and variables of functions: one with the name of an API function hides it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: tuple[Function | None, Collection[str]] = (None, ())

    def of(self, function: Function) -> Collection[str]:
        if self._last[0] is not function:
            self._last = (function, extract(self._source, function).types)
        return self._last[1]


def mentions(source: Source, names: tuple[str, ...]) -> Iterator[tuple[Node, str]]:
    """The nodes that are one of `names`, or macro bodies that contain one, with the name."""
    for match in any_word(names).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None:
            continue
        if node.type in ("identifier", "preproc_arg") or _is_unread(node):
            yield node, match.group().decode()


def _is_unread(node: Node) -> bool:
    """Whether the parser did not understand the code around a name."""
    if node.type in _TEXT:
        return False
    current: Node | None = node
    while current is not None and current.type not in ("compound_statement", "function_definition"):
        if current.type == "ERROR":
            return node.type != "field_identifier"
        current = current.parent
    return False


def _is_declared(parent: Node) -> bool:
    return parent.type.endswith("declarator") and parent.type != "init_declarator"


def _is_export(source: Source, node: Node) -> bool:
    start = source.text.rfind(b"\n", 0, node.start_byte) + 1
    return source.text.startswith(b"EXPORT_SYMBOL", start)


def _is_callee(parent: Node, node: Node) -> bool:
    if parent.type != "call_expression":
        return False
    callee = parent.child_by_field_name("function")
    return callee is not None and callee.start_byte == node.start_byte


def _acquire(
    source: Source, call: Node, node: Node, function: str, signature: Signature
) -> Acquire:
    listed = call.child_by_field_name("arguments")
    clear = listed is not None and not is_unclear(listed)
    nodes = [c for c in listed.named_children if c.type != "comment"] if listed and clear else []
    roles = tuple(p.name for p in signature.parameters)
    return Acquire(
        source.place(node),
        function,
        name_of(node),
        tuple(source.code(n) for n in nodes),
        roles,
        source.line(node),
    )
