# SPDX-License-Identifier: GPL-2.0-only
"""What one function does with its values: flows, calls, returns, accesses.

Nothing here knows what a page is. An expression is boiled down to the storage it names
(:class:`Loc`) and the calls whose results it may have; the order of statements is kept only as
the order of the lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tree_sitter import Node

from migrate.analysis.fact_model import (
    CALLED,
    TYPED,
    Access,
    Call,
    Flow,
    FunctionFacts,
    Loc,
    Result,
    Return,
    Value,
)
from migrate.analysis.guards import Guards, branches, guards_around
from migrate.analysis.syntax import Function, Source, declarator_name, name_of
from migrate.analysis.types import TypeRef, base_type, declared

__all__ = [
    "CALLED",
    "TYPED",
    "Access",
    "Call",
    "Flow",
    "FunctionFacts",
    "Loc",
    "Result",
    "Return",
    "Value",
    "extract",
]

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_DIRECTIVES = frozenset(
    {"preproc_def", "preproc_function_def", "preproc_directive", "preproc_include"}
)
_NO_VALUE = frozenset({"comment", "sizeof_expression", "type_descriptor"})
_TYPES = frozenset({"typeof", "__typeof__", "offsetof"})
"""What looks like a call and evaluates none of its arguments."""

_LITERALS = frozenset({"number_literal", "string_literal", "char_literal", "concatenated_string"})


def extract(source: Source, function: Function) -> FunctionFacts:
    """The facts of `function`, in source order."""
    guards = guards_around(function.node)
    walker = _Walker(source, guards)
    names = tuple(walker.parameter(node) for node in function.parameters)
    incomplete = False
    try:
        walker.statement(function.body)
    except RecursionError:
        incomplete = True
    return FunctionFacts(
        function,
        names,
        walker.types,
        tuple(walker.flows),
        tuple(walker.calls),
        tuple(walker.returns),
        tuple(walker.accesses),
        guards,
        incomplete,
    )


@dataclass
class _Walker:
    source: Source
    guards: Guards
    types: dict[str, TypeRef] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    scopes: list[dict[str, str]] = field(default_factory=lambda: [{}])

    # Declarations

    def parameter(self, node: Node) -> str:
        for name, kind in declared(node, self.source.path):
            return self._declare(name, kind)
        return ""

    def _declare(self, name: str, kind: TypeRef) -> str:
        # Two blocks may each have a `page` of their own; they are two variables.
        unique, n = name, 2
        while unique in self.types:
            unique, n = f"{name}#{n}", n + 1
        self.types[unique] = kind
        self.scopes[-1][name] = unique
        return unique

    def _lookup(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return name

    def _is_local(self, name: str) -> bool:
        return any(name in scope for scope in self.scopes)

    def _declaration(self, node: Node) -> None:
        kinds = dict(declared(node, self.source.path))
        for declarator in node.children_by_field_name("declarator"):
            name = declarator_name(declarator)
            if name is None or declarator.type == "function_declarator":
                continue
            value = declarator.child_by_field_name("value")
            # The initialiser is evaluated before the name hides an outer one.
            values = self.value(value) if value is not None and not _is_list(value) else ()
            unique = self._declare(name, kinds.get(name, TypeRef("", 0)))
            if value is None:
                continue
            if _is_list(value):
                self._initializers(Loc(unique), value)
            else:
                self._flow(Loc(unique), values, False, value, node)

    def _initializers(self, target: Loc, node: Node) -> None:
        for child in node.named_children:
            if child.type == "initializer_pair":
                members = tuple(
                    name_of(d.named_children[0])
                    for d in child.children_by_field_name("designator")
                    if d.type == "field_designator" and d.named_children
                )
                value = child.child_by_field_name("value")
                inner = Loc(target.base, target.members + members)
                if value is None:
                    continue
                if _is_list(value):
                    self._initializers(inner, value)
                else:
                    self._flow(inner, self.value(value), False, value, child)
            elif _is_list(child):
                self._initializers(target, child)
            elif child.type != "comment":
                self._flow(target, self.value(child), True, child, child)

    def _flow(
        self, target: Loc, values: tuple[Value, ...], through: bool, value: Node, at: Node
    ) -> None:
        null = not values and _is_null(value)
        place, text = self.source.place(at), self.source.line(at)
        self.flows.append(Flow(target, values, through, null, place, text, self.guards))

    # Statements

    def statement(self, node: Node) -> None:
        kind = node.type
        if kind == "comment":
            return
        if kind == "compound_statement":
            self.scopes.append({})
            for child in node.named_children:
                self.statement(child)
            self.scopes.pop()
        elif kind == "declaration":
            self._declaration(node)
        elif kind == "return_statement":
            self._return(node)
        elif kind in ("if_statement", "while_statement", "for_statement", "switch_statement"):
            self._branching(node)
        elif kind in ("preproc_ifdef", "preproc_if", "preproc_elif", "preproc_else"):
            self._conditional_code(node)
        elif kind in _DIRECTIVES:
            return
        elif _is_expression(kind):
            self.value(node)
        else:
            for child in node.named_children:
                self.statement(child)

    def _conditional_code(self, node: Node) -> None:
        outer = self.guards
        for child, guards in branches(node):
            self.guards = outer | guards
            self.statement(child)
        self.guards = outer

    def _branching(self, node: Node) -> None:
        self.scopes.append({})
        for child in node.named_children:
            self.statement(child)
        self.scopes.pop()

    def _return(self, node: Node) -> None:
        values: tuple[Value, ...] = ()
        for child in node.named_children:
            if child.type != "comment":
                values = self.value(child)
        if values:
            place, text = self.source.place(node), self.source.line(node)
            self.returns.append(Return(values, place, text, self.guards))

    # Expressions

    def value(self, node: Node) -> tuple[Value, ...]:
        """What `node` may evaluate to; records the calls, flows and accesses inside it."""
        handler = _EXPRESSIONS.get(node.type)
        if handler is not None:
            return handler(self, node)
        if node.type in _LITERALS or node.type in _NO_VALUE:
            return ()
        if node.type == "compound_statement":
            return self._statement_expression(node)
        values: tuple[Value, ...] = ()
        for child in node.named_children:
            if child.type == "compound_statement":
                values = self._statement_expression(child)
            elif _is_expression(child.type):
                values = self.value(child)
            else:
                self.statement(child)
        return values

    def _identifier(self, node: Node) -> tuple[Value, ...]:
        name = name_of(node)
        return () if name in ("NULL", "true", "false") else (Loc(self._lookup(name)),)

    def _field(self, node: Node) -> tuple[Value, ...]:
        argument, member = node.child_by_field_name("argument"), node.child_by_field_name("field")
        if argument is None or member is None:
            return ()
        found: list[Value] = []
        for value in self.value(argument):
            owner = self._typed(value, argument)
            self._access(owner, name_of(member), node)
            found.append(Loc(owner.base, (*owner.members, name_of(member))))
        return tuple(found)

    def _typed(self, value: Value, argument: Node) -> Loc:
        """`value` as something that has members: the type of a cast, or a call's result."""
        inner = _strip(argument)
        while inner.type == "pointer_expression":
            inner = _strip(inner.child_by_field_name("argument") or inner.children[-1])
        if inner.type == "cast_expression":
            return Loc(TYPED + self._cast_tag(inner))
        return value if isinstance(value, Loc) else Loc(f"{CALLED}{value.call}")

    def _cast_tag(self, node: Node) -> str:
        """The tag of the struct that a cast or a compound literal names, "" for none."""
        written = node.child_by_field_name("type")
        kind = base_type(written) if written is not None else None
        return kind.tag if kind is not None else ""

    def _access(self, loc: Loc, member: str, node: Node, write: bool = False) -> None:
        place, text = self.source.place(node), self.source.line(node)
        self.accesses.append(Access(loc, member, write, place, text))

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
            if isinstance(value, Loc):
                if loaded:
                    self._access(value, "", node)
                found.append(replace(value, loaded=loaded))
            else:
                if loaded:
                    self._access(Loc(f"{CALLED}{value.call}"), "", node)
                found.append(value)
        return tuple(found)

    def _cast(self, node: Node) -> tuple[Value, ...]:
        value = node.child_by_field_name("value")
        return self.value(value) if value is not None else ()

    def _binary(self, node: Node) -> tuple[Value, ...]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        values = tuple(v for side in (left, right) if side is not None for v in self.value(side))
        operator = node.child_by_field_name("operator")
        return () if operator is not None and operator.type in _COMPARISONS else values

    def _unary(self, node: Node) -> tuple[Value, ...]:
        argument = node.child_by_field_name("argument")
        values = self.value(argument) if argument is not None else ()
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
        through = _strip(left).type in ("pointer_expression", "subscript_expression")
        if through or _strip(left).type == "field_expression":
            # Evaluating the target noted a read of it; it is a write, noted below.
            del self.accesses[max(before, len(self.accesses) - 1) :]
        for value in targets:
            target = value if isinstance(value, Loc) else Loc(f"{CALLED}{value.call}")
            self._flow(target, values, through, right, node)
            if through:
                self._access(target, "", node, write=True)
            elif target.members and _strip(left).type == "field_expression":
                owner = Loc(target.base, target.members[:-1])
                self._access(owner, target.members[-1], node, write=True)
        return targets

    def _update(self, node: Node) -> tuple[Value, ...]:
        argument = node.child_by_field_name("argument")
        if argument is None:
            return ()
        values = self.value(argument)
        if _strip(argument).type in ("pointer_expression", "subscript_expression"):
            for value in values:
                if isinstance(value, Loc):
                    self._access(value, "", node, write=True)
        return values

    def _call(self, node: Node) -> tuple[Value, ...]:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or listed is None:
            return ()
        nodes = [c for c in listed.named_children if c.type != "comment"]
        if name_of(callee) in _TYPES:
            return ()
        arguments = tuple(self.value(n) for n in nodes)
        if _is_cast(callee):
            return arguments[0] if arguments else ()
        name, pointer = "", None
        if callee.type == "identifier" and not self._is_local(name_of(callee)):
            name = name_of(callee)
        else:
            pointer = next((v for v in self.value(callee) if isinstance(v, Loc)), None)
        self.calls.append(
            Call(
                name,
                pointer,
                arguments,
                tuple(self.source.code(n) for n in nodes),
                self.source.place(callee),
                self.source.line(callee),
                callee.start_byte,
                self.guards,
            )
        )
        return (Result(len(self.calls) - 1),)

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
            self._initializers(Loc(TYPED + self._cast_tag(node)), listed)
            return ()
        elements = [c for c in listed.named_children if c.type != "comment"]
        return tuple(v for child in elements if not _is_list(child) for v in self.value(child))


_EXPRESSIONS = {
    "identifier": _Walker._identifier,
    "field_expression": _Walker._field,
    "pointer_expression": _Walker._dereference,
    "subscript_expression": _Walker._dereference,
    "cast_expression": _Walker._cast,
    "binary_expression": _Walker._binary,
    "unary_expression": _Walker._unary,
    "conditional_expression": _Walker._conditional,
    "comma_expression": _Walker._comma,
    "assignment_expression": _Walker._assignment,
    "update_expression": _Walker._update,
    "call_expression": _Walker._call,
    "compound_literal_expression": _Walker._literal_struct,
}


def _is_expression(kind: str) -> bool:
    return kind in _EXPRESSIONS or kind in _LITERALS or kind == "parenthesized_expression"


def _is_cast(callee: Node) -> bool:
    """Whether `(typeof(x))(y)`, which looks like a call, is meant."""
    inner = _strip(callee)
    named = inner.child_by_field_name("function") if inner.type == "call_expression" else None
    return named is not None and inner != callee and name_of(named) in _TYPES


def _is_list(node: Node) -> bool:
    return node.type == "initializer_list"


def _strip(node: Node) -> Node:
    """`node` without parentheses."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


def _is_null(node: Node) -> bool:
    node = _strip(node)
    while node.type == "cast_expression":
        inner = node.child_by_field_name("value")
        if inner is None:
            return False
        node = _strip(inner)
    return node.type in _LITERALS or node.type in ("null", "true", "false") or node.text == b"NULL"
