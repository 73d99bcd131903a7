# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of C to those of the intermediate representation; what they do becomes
instructions, and what only one way evaluates is in a block of its own."""

from __future__ import annotations

from abc import abstractmethod

from tree_sitter import Node

from migrate.analysis.frontend.nodes import is_unclear, name_of, nodes, strip
from migrate.analysis.frontend.types import SCALARS, TypeRef
from migrate.analysis.ir.builder import NOTHING, Asked, once
from migrate.analysis.ir.expressions import (
    Binary,
    CallResult,
    Cast,
    Choice,
    Constant,
    Expression,
    Opaque,
    Variable,
)
from migrate.analysis.ir.lowering_operands import Operands, operator_of
from migrate.analysis.ir.macro_blocks import is_head

_LITERALS = frozenset(
    {"number_literal", "string_literal", "char_literal", "concatenated_string"}
    | {"null", "true", "false"}
)
_NO_VALUE = frozenset({"comment", "sizeof_expression", "offsetof_expression", "type_descriptor"})
_TYPES = frozenset({"typeof", "__typeof__", "offsetof"})
"""What looks like a call and evaluates none of its arguments."""

_WRAPPERS = frozenset({"likely", "unlikely", "WARN_ON", "WARN_ON_ONCE"})
"""What has the value of its only argument, as far as a branch asks."""


class Expressions(Operands):
    """Expressions; what is in them is lowered from the inside to the outside."""

    @abstractmethod
    def statement(self, node: Node) -> None:
        """Lower a statement; some expressions have statements in them."""

    def expression(self, node: Node) -> Expression:
        """The value of `node`; what it does is added to the block at hand."""
        handler = _EXPRESSIONS.get(node.type)
        if handler is not None:
            return handler(self, node)
        if node.type in _LITERALS:
            return Constant(name_of(node))
        if node.type in _NO_VALUE:
            return Opaque(name_of(node))
        if node.type == "compound_statement":
            return self._statement_expression(node)
        found: Expression = NOTHING
        for child in node.named_children:
            if child.type == "compound_statement":
                found = self._statement_expression(child)
            elif is_expression(child.type):
                found = self.expression(child)
            else:
                self.statement(child)
        return found

    def branch(self, node: Node, yes: int, no: int) -> None:
        """Go on in block `yes` when `node` is true, and in `no` when it is not."""
        node = strip(node)
        inner = _wrapped(node)
        operator = operator_of(node)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if inner is not None:
            self.branch(inner, yes, no)
        elif node.type == "unary_expression" and operator == "!":
            self.branch(node.child_by_field_name("argument") or node.children[-1], no, yes)
        elif operator in ("&&", "||") and left is not None and right is not None:
            between = self.new()
            self.branch(left, *((between, no) if operator == "&&" else (yes, between)))
            self.enter(between)
            self.branch(right, yes, no)
        else:
            self._ask(node, yes, no)

    def ask(self, condition: Node, statement: Node, yes: int, no: int) -> None:
        """Branch by the `condition` of `statement`."""
        whole = strip(condition)
        of_if = (whole.start_byte, whole.end_byte) if statement.type == "if_statement" else (0, 0)
        outer, self.asked = self.asked, Asked(condition.end_byte, statement.end_byte, of_if)
        self.branch(condition, yes, no)
        self.asked = outer

    def _ask(self, node: Node, yes: int, no: int) -> None:
        value = self.expression(node)
        self.evaluate(value, node)
        condition = self.condition(value, node)
        said = value.text if isinstance(value, Constant) and node.type in _LITERALS else ""
        if node.type in ("number_literal", "true", "false"):
            never = said == "false" or said.strip("0") == ""
            self.lead(no if never else yes)
            return
        self.lead(yes, condition, True)
        self.lead(no, condition, False)

    def _binary(self, node: Node) -> Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = operator_of(node)
        if left is None or right is None:
            both = [self.expression(n) for n in (left, right) if n is not None]
            return both[0] if both else NOTHING
        if operator in ("&&", "||"):
            return self._short_cut(operator, left, right, node)
        first = self.expression(left)
        return Binary(operator, first, self.expression(right))

    def _short_cut(self, operator: str, left: Node, right: Node, node: Node) -> Expression:
        """`a && b` as a value: only one way evaluates b."""
        first, second, end = self.new(), self.new(), self.new()
        self.ask(left, node, first, second)
        longer, shorter = (first, second) if operator == "&&" else (second, first)
        self.enter(longer)
        value = self.expression(right)
        self.evaluate(value, node)
        one = self.lead(end)
        self.enter(shorter)
        two = self.lead(end)
        self.meet(end, {one}, {two})
        self.enter(end)
        return Binary(operator, Opaque(self.source.code(left)), once(value))

    def _conditional(self, node: Node) -> Expression:
        condition = node.child_by_field_name("condition")
        if condition is None:
            return NOTHING
        yes, no, end = self.new(), self.new(), self.new()
        second = node.child_by_field_name("consequence")
        third = node.child_by_field_name("alternative")
        tested: Expression = NOTHING
        if second is None:
            tested = self.expression(condition)
            self.evaluate(tested, condition)
            asked = self.condition(tested, condition)
            self.lead(yes, asked, True)
            self.lead(no, asked, False)
        else:
            self.ask(condition, node, yes, no)
        values, ends = [], []
        for block, part in ((yes, second), (no, third)):
            self.enter(block)
            values.append(self.expression(part) if part is not None else once(tested))
            ends.append(self.lead(end))
        self.meet(end, {ends[0]}, {ends[1]})
        self.enter(end)
        return Choice(values[0], values[1])

    def _comma(self, node: Node) -> Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None:
            self.evaluate(self.expression(left), left)
        return self.expression(right) if right is not None else NOTHING

    def _assignment(self, node: Node) -> Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return NOTHING
        value = self.expression(right)
        target = self.expression(left)
        self.store(target, value, operator_of(node) or "=", node, node)
        return once(target)

    def _update(self, node: Node) -> Expression:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return NOTHING
        target = self.expression(argument)
        self.store(target, Constant("1"), operator_of(node) or "++", node, node)
        return once(target)

    def _call(self, node: Node) -> Expression:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or listed is None:
            return NOTHING
        if name_of(callee) in _TYPES:
            return Opaque(name_of(node))
        given = [c for c in listed.named_children if c.type != "comment"]
        arguments = tuple(self.expression(n) for n in given)
        if _is_cast(callee):
            return Cast("", arguments[0]) if arguments else NOTHING
        number = self._number_type(callee)
        if number is not None and len(arguments) == 1:
            return Cast(number.tag, arguments[0], number, node.start_byte)
        called = self.expression(callee)
        if isinstance(called, Variable) and called.local and self._is_number(called.name):
            called = Variable(name_of(callee))  # a macro: the variable only has its name
        return CallResult(self.invoke(called, arguments, given, callee, is_unclear(listed)))

    def _number_type(self, callee: Node) -> TypeRef | None:
        """The type in `(u32)(x)`, which looks like a call as well."""
        inner = strip(callee)
        if inner == callee or inner.type != "identifier":
            return None
        name = name_of(inner)
        return None if self.variable(name).local or name not in SCALARS else TypeRef(name, 0)

    def _assembly(self, node: Node) -> Expression:
        """Assembly gets all of its operands, and does with them what it wants."""
        found = (n for n in nodes(node) if n.type.endswith("put_operand"))
        operands = sorted(found, key=lambda n: n.start_byte)
        values = [n for n in (o.child_by_field_name("value") for o in operands) if n is not None]
        arguments = tuple(self.expression(n) for n in values)
        self.invoke(Variable("asm"), arguments, values, node)
        return NOTHING

    def _statement_expression(self, node: Node) -> Expression:
        found: Expression = NOTHING
        with self.scope():
            for child in node.named_children:
                self.garbled |= is_head(child)
                if child.type == "expression_statement" and child.named_children:
                    self.evaluate(found, child)
                    found = self.expression(child.named_children[0])
                else:
                    self.statement(child)
                    found = found if child.type == "comment" else NOTHING
        return found


_EXPRESSIONS = {
    "identifier": Expressions._identifier,
    "field_expression": Expressions._field,
    "pointer_expression": Expressions._pointer,
    "subscript_expression": Expressions._subscript,
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


def is_expression(kind: str) -> bool:
    """Whether nodes of the type `kind` are expressions."""
    return kind in _EXPRESSIONS or kind in _LITERALS or kind == "parenthesized_expression"


def _is_cast(callee: Node) -> bool:
    """Whether `(typeof(x))(y)`, which looks like a call, is meant."""
    inner = strip(callee)
    named = inner.child_by_field_name("function") if inner.type == "call_expression" else None
    return named is not None and inner != callee and name_of(named) in _TYPES


def _wrapped(node: Node) -> Node | None:
    """X in likely(X) and the like."""
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    listed = node.child_by_field_name("arguments")
    if callee is None or listed is None or name_of(callee) not in _WRAPPERS:
        return None
    given = [c for c in listed.named_children if c.type != "comment"]
    return given[0] if len(given) == 1 else None
