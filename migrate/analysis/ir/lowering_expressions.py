# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of C to those of the intermediate representation; what they do becomes
instructions, and what only one way evaluates is in a block of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import is_unclear, name_of, nodes, strip
from migrate.analysis.frontend.types import SCALARS, TypeRef, base_type
from migrate.analysis.ir.builder import NOTHING, Asked, Builder, once
from migrate.analysis.ir.expressions import (
    AddressOf,
    Binary,
    CallResult,
    Cast,
    Choice,
    Constant,
    Element,
    Expression,
    Load,
    Member,
    Opaque,
    Temporary,
    Unary,
    Variable,
    plain,
)
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


class Expressions(Builder):
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
        operator = _operator(node)
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

    def _identifier(self, node: Node) -> Expression:
        name = name_of(node)
        return Constant(name) if name in ("NULL", "true", "false") else self.variable(name)

    def _field(self, node: Node) -> Expression:
        argument, member = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if argument is None or member is None:
            return NOTHING
        arrow = _operator(node) == "->"
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

    def _binary(self, node: Node) -> Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = _operator(node)
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

    def _unary(self, node: Node) -> Expression:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return NOTHING
        return Unary(node.children[0].type, self.expression(argument))

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
        self.store(target, value, _operator(node) or "=", node, node)
        return once(target)

    def _update(self, node: Node) -> Expression:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return NOTHING
        target = self.expression(argument)
        self.store(target, Constant("1"), _operator(node) or "++", node, node)
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

    def _is_number(self, local: str) -> bool:
        kind = self.locals[local].type
        return kind.depth == 0 and kind.tag in SCALARS

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


def is_list(node: Node) -> bool:
    """Whether it is an initialiser list."""
    return node.type == "initializer_list"


def _operator(node: Node) -> str:
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
