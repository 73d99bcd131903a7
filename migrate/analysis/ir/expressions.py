# SPDX-License-Identifier: GPL-2.0-only
"""What an expression may evaluate to, and the calls, flows and accesses inside it."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace

from tree_sitter import Node

from migrate.analysis.frontend.syntax import is_unclear, name_of, nodes
from migrate.analysis.frontend.types import base_type
from migrate.analysis.ir.model import CALLED, TYPED, AccessPath, Call, Result, Value
from migrate.analysis.ir.recorder import Recorder
from migrate.analysis.paths.constants import LITERALS, is_negative_constant
from migrate.analysis.paths.walk import strip

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_NO_VALUE = frozenset({"comment", "sizeof_expression", "type_descriptor"})
_TYPES = frozenset({"typeof", "__typeof__", "offsetof"})
"""What looks like a call and evaluates none of its arguments."""

_SMALL = re.compile(rb"(?:\d{1,3}|0[xX]0*[0-9a-fA-F]{1,3})[uUlL]*")
"""Less than the size of a page."""


class Expressions(Recorder):
    """Expressions, each boiled down to the storage it names and the calls it takes results of."""

    @abstractmethod
    def statement(self, node: Node) -> None:
        """Read a statement; some expressions have statements in them."""

    def initializers(self, target: AccessPath, node: Node) -> None:
        """Note the flows of an initialiser list into `target` and its members."""
        for child in node.named_children:
            if child.type == "initializer_pair":
                members = tuple(
                    name_of(d.named_children[0])
                    for d in child.children_by_field_name("designator")
                    if d.type == "field_designator" and d.named_children
                )
                value = child.child_by_field_name("value")
                inner = AccessPath(target.base, target.members + members)
                if value is None:
                    continue
                if is_list(value):
                    self.initializers(inner, value)
                else:
                    self.note_flow(inner, self.value(value), False, value, child)
            elif is_list(child):
                self.initializers(target, child)
            elif child.type != "comment":
                self.note_flow(target, self.value(child), True, child, child)

    def value(self, node: Node) -> tuple[Value, ...]:
        """What `node` may evaluate to; records the calls, flows and accesses inside it."""
        handler = _EXPRESSIONS.get(node.type)
        if handler is not None:
            return handler(self, node)
        if node.type in LITERALS or node.type in _NO_VALUE:
            return ()
        if node.type == "compound_statement":
            return self._statement_expression(node)
        values: tuple[Value, ...] = ()
        for child in node.named_children:
            if child.type == "compound_statement":
                values = self._statement_expression(child)
            elif is_expression(child.type):
                values = self.value(child)
            else:
                self.statement(child)
        return values

    def _identifier(self, node: Node) -> tuple[Value, ...]:
        name = name_of(node)
        return () if name in ("NULL", "true", "false") else (AccessPath(self.lookup(name)),)

    def _field(self, node: Node) -> tuple[Value, ...]:
        argument, member = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if argument is None or member is None:
            return ()
        found: list[Value] = []
        for value in self.value(argument):
            owner = self._typed(value, argument)
            self.note_access(owner, name_of(member), node)
            found.append(AccessPath(owner.base, (*owner.members, name_of(member))))
        return tuple(found)

    def _typed(self, value: Value, argument: Node) -> AccessPath:
        """`value` as something that has members: the type of a cast, or a call's result."""
        inner = strip(argument)
        while inner.type == "pointer_expression":
            inner = strip(inner.child_by_field_name("argument") or inner.children[-1])
        if inner.type == "cast_expression":
            return AccessPath(TYPED + self._cast_tag(inner))
        return value if isinstance(value, AccessPath) else AccessPath(f"{CALLED}{value.call}")

    def _cast_tag(self, node: Node) -> str:
        """The tag of the struct that a cast or a compound literal names, "" for none."""
        written = node.child_by_field_name("type")
        kind = base_type(written) if written is not None else None
        return kind.tag if kind is not None else ""

    def _dereference(self, node: Node) -> tuple[Value, ...]:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return ()
        index = node.child_by_field_name("index")
        if index is not None:
            self.value(index)
        values = self.value(argument)
        loaded = node.children[0].type != "&"
        found: list[Value] = []
        for value in values:
            if isinstance(value, AccessPath):
                if loaded:
                    self.note_access(value, "", node)
                found.append(replace(value, loaded=loaded))
            else:
                if loaded:
                    self.note_access(AccessPath(f"{CALLED}{value.call}"), "", node)
                found.append(value)
        return tuple(found)

    def _cast(self, node: Node) -> tuple[Value, ...]:
        value = node.child_by_field_name("value")
        return self.value(value) if value is not None else ()

    def _binary(self, node: Node) -> tuple[Value, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        values = tuple(v for side in (left, right) if side is not None for v in self.value(side))
        operator = node.child_by_field_name("operator")
        if operator is None or left is None or right is None:
            return values
        offset = operator.type == "&" and (_masks_offset(left) or _masks_offset(right))
        return () if offset or operator.type in _COMPARISONS else values

    def _unary(self, node: Node) -> tuple[Value, ...]:
        argument = node.child_by_field_name("argument")
        if argument is None or is_negative_constant(node):
            return ()
        values = self.value(argument)
        return () if node.children[0].type == "!" else values

    def _conditional(self, node: Node) -> tuple[Value, ...]:
        condition = node.child_by_field_name("condition")
        first = node.child_by_field_name("consequence")
        second = node.child_by_field_name("alternative")
        tested = self.value(condition) if condition is not None else ()
        left = self.value(first) if first is not None else tested
        return left + (self.value(second) if second is not None else ())

    def _comma(self, node: Node) -> tuple[Value, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.value(left)
        return self.value(right) if right is not None else ()

    def _assignment(self, node: Node) -> tuple[Value, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return ()
        values = self.value(right)
        before = len(self.accesses)
        targets = self.value(left)
        through = strip(left).type in ("pointer_expression", "subscript_expression")
        if through or strip(left).type == "field_expression":
            # Evaluating the target noted a read of it; it is a write, noted below.
            del self.accesses[max(before, len(self.accesses) - 1) :]
        operator = node.child_by_field_name("operator")
        for value in targets:
            target = value if isinstance(value, AccessPath) else AccessPath(f"{CALLED}{value.call}")
            # In `pages += n` it is still pages that the target is made of.
            kept = (target,) if operator is not None and operator.type in ("+=", "-=") else ()
            self.note_flow(target, (*kept, *values), through, right, node)
            if through:
                self.note_access(target, "", node, write=True)
            elif target.members and strip(left).type == "field_expression":
                owner = AccessPath(target.base, target.members[:-1])
                self.note_access(owner, target.members[-1], node, write=True)
        return targets

    def _update(self, node: Node) -> tuple[Value, ...]:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return ()
        values = self.value(argument)
        if strip(argument).type in ("pointer_expression", "subscript_expression"):
            for value in values:
                if isinstance(value, AccessPath):
                    self.note_access(value, "", node, write=True)
        return values

    def _call(self, node: Node) -> tuple[Value, ...]:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or listed is None:
            return ()
        given = [c for c in listed.named_children if c.type != "comment"]
        if name_of(callee) in _TYPES:
            return ()
        arguments = tuple(self.value(n) for n in given)
        if _is_cast(callee):
            return arguments[0] if arguments else ()
        name, pointer = "", None
        if callee.type == "identifier" and not self.is_local(name_of(callee)):
            name = name_of(callee)
        else:
            pointer = next((v for v in self.value(callee) if isinstance(v, AccessPath)), None)
        self.calls.append(
            Call(
                name,
                pointer,
                arguments,
                tuple(self.source.code(n) for n in given),
                self.source.place(callee),
                self.source.line(callee),
                callee.start_byte,
                self.guards,
                is_unclear(listed),
            )
        )
        return (Result(len(self.calls) - 1),)

    def _assembly(self, node: Node) -> tuple[Value, ...]:
        """Assembly gets all of its operands, and does with them what it wants."""
        operands = [n for n in nodes(node) if n.type.endswith("put_operand")]
        values = [n for n in (o.child_by_field_name("value") for o in operands) if n is not None]
        arguments = tuple(self.value(n) for n in values)
        sources = tuple(self.source.code(n) for n in values)
        place, text = self.source.place(node), self.source.line(node)
        self.calls.append(
            Call("asm", None, arguments, sources, place, text, node.start_byte, self.guards)
        )
        return ()

    def _statement_expression(self, node: Node) -> tuple[Value, ...]:
        self.scopes.append({})
        values: tuple[Value, ...] = ()
        for child in node.named_children:
            if child.type == "expression_statement" and child.named_children:
                values = self.value(child.named_children[0])
            else:
                self.statement(child)
                values = ()
        self.scopes.pop()
        return values

    def _literal_struct(self, node: Node) -> tuple[Value, ...]:
        listed = node.child_by_field_name("value")
        if listed is None:
            return ()
        if any(child.type == "initializer_pair" for child in listed.named_children):
            self.initializers(AccessPath(TYPED + self._cast_tag(node)), listed)
            return ()
        elements = [c for c in listed.named_children if c.type != "comment"]
        return tuple(v for child in elements if not is_list(child) for v in self.value(child))


_EXPRESSIONS = {
    "identifier": Expressions._identifier,
    "field_expression": Expressions._field,
    "pointer_expression": Expressions._dereference,
    "subscript_expression": Expressions._dereference,
    "cast_expression": Expressions._cast,
    "binary_expression": Expressions._binary,
    "unary_expression": Expressions._unary,
    "conditional_expression": Expressions._conditional,
    "comma_expression": Expressions._comma,
    "assignment_expression": Expressions._assignment,
    "update_expression": Expressions._update,
    "call_expression": Expressions._call,
    "compound_literal_expression": Expressions._literal_struct,
    "gnu_asm_expression": Expressions._assembly,
}


def _masks_offset(node: Node) -> bool:
    """Whether `x & node` is an offset in a page: nothing is left of an address in it."""
    node = strip(node)
    if node.type == "number_literal":
        return _SMALL.fullmatch(node.text or b"") is not None
    if node.type == "unary_expression":
        inner = node.child_by_field_name("argument")
        if inner is None or node.children[0].type != "~":
            return False
        return strip(inner).text == b"PAGE_MASK"
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type != "binary_expression" or left is None or right is None:
        return False
    return (left.text, node.children[1].text, right.text) == (b"PAGE_SIZE", b"-", b"1")


def is_expression(kind: str) -> bool:
    return kind in _EXPRESSIONS or kind in LITERALS or kind == "parenthesized_expression"


def _is_cast(callee: Node) -> bool:
    """Whether `(typeof(x))(y)`, which looks like a call, is meant."""
    inner = strip(callee)
    named = inner.child_by_field_name("function") if inner.type == "call_expression" else None
    return named is not None and inner != callee and name_of(named) in _TYPES


def is_list(node: Node) -> bool:
    return node.type == "initializer_list"
