# SPDX-License-Identifier: GPL-2.0-only
"""Names, members, elements, casts and initialisers: the parts of an expression without branches
and calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.types import SCALARS, TypeRef, base_type
from migrate.analysis.ir.builder import NOTHING, Builder
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    Cast,
    Constant,
    Element,
    Expression,
    Load,
    Member,
    Temporary,
    Unary,
    Variable,
    plain,
)


class Operands(Builder):
    """The places and values that an expression names."""

    @abstractmethod
    def expression(self, node: Node) -> Expression:
        """The value of `node`; what it does is added to the current block."""

    def _identifier(self, node: Node) -> Expression:
        name = name_of(node)
        return Constant(name) if name in ("NULL", "true", "false") else self.variable(name)

    def _field(self, node: Node) -> Expression:
        argument, member = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if argument is None or member is None:
            return NOTHING
        arrow = operator_of(node) == "->"
        return Member(self.expression(argument), name_of(member), arrow, node.start_byte)

    def _pointer(self, node: Node) -> Expression:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return NOTHING
        inner = self.expression(argument)
        return AddressOf(inner) if node.children[0].type == "&" else Load(inner, node.start_byte)

    def _subscript(self, node: Node) -> Expression:
        argument, index = node.child_by_field_name("argument"), node.child_by_field_name("index")
        if argument is None:
            return NOTHING
        at = self.expression(index) if index is not None else None
        array = self.expression(argument)
        if at is not None and self._is_index(array) and not self._is_index(at):
            array, at = at, array  # `1[pages]` is `pages[1]`
        return Element(array, at, node.start_byte)

    def _is_index(self, value: Expression) -> bool:
        """Whether it is a number: a literal, a local variable of such a type, or made of these."""
        match plain(value):
            case Constant(text):
                return not text.startswith(('"', "L", "u", "U"))
            case Variable(name, local):
                return local and self._is_number(name)
            case Unary(_, inner):
                return self._is_index(inner)
            case Binary(_, left, right):
                return self._is_index(left) and self._is_index(right)
        return False

    def _cast(self, node: Node) -> Expression:
        written, value = node.child_by_field_name("type"), node.child_by_field_name("value")
        if value is None:
            return NOTHING
        kind = _written_type(written)
        tag = kind.tag if kind is not None else ""
        return Cast(tag, self.expression(value), kind, node.start_byte)

    def _unary(self, node: Node) -> Expression:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return NOTHING
        return Unary(node.children[0].type, self.expression(argument))

    def _is_number(self, local: str) -> bool:
        kind = self.locals[local].type
        return kind.depth == 0 and kind.tag in SCALARS

    def _literal_struct(self, node: Node) -> Expression:
        listed = node.child_by_field_name("value")
        if listed is None:
            return NOTHING
        kind = _written_type(node.child_by_field_name("type"))
        tag = kind.tag if kind is not None else ""
        elements = tuple(_elements(listed))
        if any(child.type == "initializer_pair" for child in elements):
            self.initializers(Temporary(tag), listed)
            return Temporary(tag)
        return Temporary(tag, tuple(self.expression(child) for child in elements))

    def initializers(self, target: Expression, node: Node) -> None:
        """Store an initialiser list into `target`, its members and its elements."""
        for child in node.named_children:
            if child.type == "initializer_pair":
                self._designated(target, child)
            elif is_list(child):
                self.initializers(target, child)
            elif child.type != "comment":
                value = self.expression(child)
                self.store(Element(target, None), value, "=", child, child, initial=True)

    def _designated(self, target: Expression, pair: Node) -> None:
        value = pair.child_by_field_name("value")
        for designator in pair.children_by_field_name("designator"):
            if designator.type == "field_designator" and designator.named_children:
                target = Member(target, name_of(designator.named_children[0]), False)
            elif designator.type == "field_identifier":  # `member: value`, as GNU C had it first
                target = Member(target, name_of(designator), False)
        if value is None:
            return
        if is_list(value):
            self.initializers(target, value)
        else:
            self.store(target, self.expression(value), "=", pair, pair, initial=True)


def is_list(node: Node) -> bool:
    """Whether it is an initialiser list."""
    return node.type == "initializer_list"


def operator_of(node: Node) -> str:
    found = node.child_by_field_name("operator")
    return found.type if found is not None else ""


def _written_type(written: Node | None) -> TypeRef | None:
    """The type that a cast names, with its pointers."""
    kind = base_type(written) if written is not None else None
    declarator = written.child_by_field_name("declarator") if written is not None else None
    if kind is None or declarator is None:
        return kind
    depth = 0
    current: Node | None = declarator
    while current is not None and current.type == "abstract_pointer_declarator":
        depth, current = depth + 1, current.child_by_field_name("declarator")
    return TypeRef(kind.tag, depth, None, kind.tagged)


def _elements(listed: Node) -> Iterator[Node]:
    """The values and designators of an initialiser list, and of those in it."""
    for child in listed.named_children:
        if is_list(child):
            yield from _elements(child)
        elif child.type != "comment":
            yield child
