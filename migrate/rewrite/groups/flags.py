# SPDX-License-Identifier: GPL-2.0-only
"""Finds the origin of a flag that must not be passed to a pin function."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tree_sitter import Node

from migrate.analysis.frontend.nodes import declarator_name
from migrate.analysis.frontend.syntax import Function
from migrate.rewrite.steps.sites import NoSite
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call, call_at


def flag_tokens(
    draft: Draft, call: Call, position: int, flag: str, converted: Collection[int]
) -> tuple[int, ...] | NoSite:
    """The tokens `flag` that reach argument `position` of `call`: in it, or in assignments to local
    variables that it names.

    `converted` are the name tokens of all calls that are converted together: a variable with the
    flag must not be passed elsewhere.
    """
    first, end = call.arguments[position]
    found = _named(draft, first, end, flag)
    for member in _of_kind(draft, first, end, "field_identifier"):
        if _put_into_member(draft, member, flag):
            return NoSite(f"{flag} is put into member {member}")
    function = draft.source.function_at(draft.tokens[call.name].start)
    if function is None:
        return tuple(found)
    for variable in _of_kind(draft, first, end, "identifier"):
        inside = list(_in_function(draft, function, variable))
        sources = [n for use in inside for n in _assigned(draft, use, flag)]
        if sources and not _local(draft, function, variable):
            return NoSite(f"{flag} is put into {variable}, which is not a local variable")
        if sources and not all(_harmless(draft, use, converted) for use in inside):
            return NoSite(f"{variable} has {flag} and is used for something else, too")
        given = not sources and _is_parameter(function, variable)
        if given and _passed_in(draft, function, flag):
            return NoSite(f"callers pass {flag} to {function.name}()")
        found += sources
    return tuple(sorted(set(found)))


def _named(draft: Draft, first: int, end: int, name: str) -> list[int]:
    wanted = name.encode()
    return [n for n in range(first, end) if draft.tokens[n].text == wanted]


def _of_kind(draft: Draft, first: int, end: int, kind: str) -> list[str]:
    """The names of `kind` in an argument, without names in capitals, which are constants."""
    names = []
    for token in draft.tokens[first:end]:
        if token.kind == kind and not token.text.isupper():
            names.append(token.text.decode("utf-8", "replace"))
    return list(dict.fromkeys(names))


def _put_into_member(draft: Draft, member: str, flag: str) -> bool:
    """Whether the file sets a member of that name, of any struct, to something with `flag`."""
    wanted = member.encode()
    for number, token in enumerate(draft.tokens):
        if token.kind != "field_identifier" or token.text != wanted:
            continue
        node: Node | None = draft.node_at(number)
        while node is not None and node.type in ("field_identifier", "field_expression"):
            node = node.parent
        if node is not None and node.type in ("assignment_expression", "initializer_pair"):
            start, stop = node.start_byte, node.end_byte
            if any(start <= t.start < stop and t.text == flag.encode() for t in draft.tokens):
                return True
    return False


def _in_function(draft: Draft, function: Function, name: str) -> Iterator[int]:
    wanted = name.encode()
    for number, token in enumerate(draft.tokens):
        inside = function.start <= token.start < function.end
        if inside and token.kind == "identifier" and token.text == wanted:
            yield number


def _assigned(draft: Draft, use: int, flag: str) -> list[int]:
    """The tokens `flag` in values that are assigned to, or or'ed into, the variable at token
    `use`."""
    node = draft.node_at(use)
    parent = node.parent
    if parent is None:
        return []
    value = None
    if parent.type == "init_declarator" and parent.child_by_field_name("declarator") == node:
        value = parent.child_by_field_name("value")
    elif parent.type == "assignment_expression" and parent.child_by_field_name("left") == node:
        value = parent.child_by_field_name("right")
    if value is None:
        return []
    wanted = flag.encode()
    return [
        n
        for n, token in enumerate(draft.tokens)
        if value.start_byte <= token.start < value.end_byte and token.text == wanted
    ]


def _harmless(draft: Draft, use: int, converted: Collection[int]) -> bool:
    """Whether the variable is only declared or assigned at token `use`, or passed to a converted
    call."""
    node: Node | None = draft.node_at(use)
    assert node is not None
    parent = node.parent
    if parent is not None and parent.type in ("init_declarator", "declaration"):
        return parent.child_by_field_name("declarator") == node or parent.type == "declaration"
    if parent is not None and parent.type == "assignment_expression":
        operator = parent.child_by_field_name("operator")
        plain = operator is not None and operator.type in ("=", "|=")
        alone = parent.parent is not None and parent.parent.type == "expression_statement"
        if parent.child_by_field_name("left") == node:
            return plain and alone
    return any(
        first <= use < end
        for name in converted
        if (call := call_at(draft.tokens, name)) is not None
        for first, end in call.arguments
    )


def _local(draft: Draft, function: Function, name: str) -> bool:
    """Whether the body of `function` declares `name`."""
    for use in _in_function(draft, function, name):
        parent = draft.node_at(use).parent
        if parent is not None and parent.type in ("init_declarator", "declaration"):
            return True
    return False


def _is_parameter(function: Function, name: str) -> bool:
    return any(
        declarator is not None and declarator_name(declarator) == name
        for declarator in (p.child_by_field_name("declarator") for p in function.parameters)
    )


def _passed_in(draft: Draft, function: Function, flag: str) -> bool:
    """Whether a call of `function` in this file has `flag` among its arguments."""
    for number, token in enumerate(draft.tokens):
        if token.text.decode("utf-8", "replace") == function.name:
            call = call_at(draft.tokens, number)
            if call is not None and _named(draft, call.open, call.close, flag):
                return True
    return False
