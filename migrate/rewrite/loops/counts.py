# SPDX-License-Identifier: GPL-2.0-only
"""Whether a count can be negative: a signed loop ignores that, an unsigned parameter does not."""

from __future__ import annotations

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, declarator_name, name_of
from migrate.analysis.frontend.types import TypeRef, declared
from migrate.analysis.program.program import Program
from migrate.rewrite.loops.bounds import bytes_counted_in_pages, only_counts_up, proved_not_negative
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call

_UNSIGNED_NAMES = frozenset(
    {
        *("bool", "size_t", "uint", "ulong", "pgoff_t", "uintptr_t"),
        *("u8", "u16", "u32", "u64", "__u8", "__u16", "__u32", "__u64"),
        *("uint8_t", "uint16_t", "uint32_t", "uint64_t"),
    }
)


_LONG = frozenset({"long", "int", "signed", "ssize_t", "s64", "int64_t"})
"""The words of signed types that are longer than an int; see _is_long()."""


def is_unsigned(type_text: str) -> bool:
    """Whether a type, as written, has no negative values."""
    words = set(type_text.replace("*", " * ").split())
    return "*" not in words and bool(words & (_UNSIGNED_NAMES | {"unsigned"}))


def is_bool(draft: Draft, call: Call, position: int) -> bool:
    """Whether an argument of `call` is a variable that its function declares as bool."""
    first, end = call.arguments[position]
    token = draft.tokens[first]
    function = draft.source.function_at(token.start)
    if end - first != 1 or token.kind != "identifier" or function is None:
        return False
    types = _declared_types(function, token.text.decode("utf-8", "replace"))
    return bool(types) and all(found.split() == ["bool"] for found in types)


def never_negative(draft: Draft, call: Call, position: int, program: Program) -> bool:
    """Whether the argument of `call` at `position` is sure not to be negative.

    Sure are a literal, sizeof, a variable that its function declares with an unsigned type, a
    member of an unsigned type, a long that is an unsigned number of bytes shifted by PAGE_SHIFT,
    and a variable that a test on every way to the call has found not to be negative.
    """
    first, end = call.arguments[position]
    value, made = draft.node_of(first, end), draft.node_at(call.name).parent
    return value is not None and made is not None and not_negative(draft, value, made, program)


def not_negative(draft: Draft, value: Node, at: Node, program: Program) -> bool:
    """Whether `value` is sure not to be negative where `at` is done; see never_negative()."""
    if value.type in ("number_literal", "sizeof_expression"):
        return True
    if value.type == "field_expression":
        kind = member_type(draft, value, program)
        return kind is not None and kind.depth == 0 and is_unsigned(kind.tag)
    function = draft.source.function_at(value.start_byte)
    if value.type != "identifier" or function is None:
        return False
    name = name_of(value)
    types = _declared_types(function, name)
    if types and all(is_unsigned(found) for found in types):
        return True
    # With one declaration there is no other variable of that name that the test could be about.
    plain = len(types) == 1 and "*" not in types[0]
    if plain and proved_not_negative(function.body, at, name):
        return True
    given = any(t for p in function.parameters for t in _types_in(p, name))
    if plain and not given and _is_long(types[0]):
        length = bytes_counted_in_pages(function.body, at, name)
        if length is not None and _has_no_sign(draft, length, function, program):
            return True
    return plain and not given and only_counts_up(function.body, at, name)


def _is_long(kind: str) -> bool:
    """Whether a signed type, as written, has room for the number of pages of any array: as many
    bytes shifted by PAGE_SHIFT are negative in none but a shorter one, for on 32 bits no array of
    page pointers has more than 2^30 of them."""
    words = set(kind.split())
    return words <= _LONG and words != {"int"} and words != {"signed", "int"}


def _has_no_sign(draft: Draft, value: Node, function: Function, program: Program) -> bool:
    """Whether `value` is a variable or a member of an unsigned type."""
    if value.type == "field_expression":
        kind = member_type(draft, value, program)
        return kind is not None and kind.depth == 0 and is_unsigned(kind.tag)
    types = _declared_types(function, name_of(value)) if value.type == "identifier" else []
    return bool(types) and all(is_unsigned(found) for found in types)


def member_type(draft: Draft, node: Node, program: Program) -> TypeRef | None:
    """The type of `a.b` or `a->b`, of any length, from the tree's own declarations."""
    if node.type == "identifier":
        return _variable_type(draft, node)
    holder, member = (node.child_by_field_name(field) for field in ("argument", "field"))
    if node.type != "field_expression" or holder is None or member is None:
        return None
    owner = member_type(draft, holder, program)
    if owner is None or not owner.tag:
        return None
    struct = program.types.struct(owner.tag, draft.path)
    return struct.members.get(name_of(member)) if struct is not None else None


def _variable_type(draft: Draft, node: Node) -> TypeRef | None:
    """The type of a parameter or local, if the function declares the name just once."""
    function = draft.source.function_at(node.start_byte)
    found = []
    queue: list[Node] = [*function.parameters, function.body] if function is not None else []
    while queue:
        child = queue.pop()
        if child.type in ("declaration", "parameter_declaration"):
            found += [kind for name, kind in declared(child) if name == name_of(node)]
        queue.extend(child.named_children)
    return found[0] if len(found) == 1 else None


def _declared_types(function: Function, name: str) -> list[str]:
    """The types of all parameters and locals called `name`: a shadowed one counts as well."""
    found = []
    queue: list[Node] = [*function.parameters, function.body]
    while queue:
        node = queue.pop()
        if node.type in ("declaration", "parameter_declaration"):
            found += _types_in(node, name)
        queue.extend(node.named_children)
    return found


def _types_in(declaration: Node, name: str) -> list[str]:
    kind = declaration.child_by_field_name("type")
    if kind is None:
        return []
    words = [name_of(c) for c in declaration.children if c.type == "sized_type_specifier"]
    types = []
    for declarator in declaration.children_by_field_name("declarator"):
        if declarator_name(declarator) == name:
            stars = "*" if declarator.type in ("pointer_declarator", "array_declarator") else ""
            types.append(" ".join([name_of(kind), *words, stars]))
    return types
