# SPDX-License-Identifier: GPL-2.0-only
"""Single edits: where a rule of cocci/rewrite/common applies, and the expected result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call

_LOOSER_THAN_OR = frozenset({"conditional_expression", "assignment_expression", "comma_expression"})
_WHOLE_VALUE = frozenset(
    {
        "argument_list",
        "parenthesized_expression",
        "conditional_expression",
        "init_declarator",
        "assignment_expression",
    }
)
_TRUTH_OPERATORS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||", "!"})
_LOGICAL = frozenset({b"&&", b"||"})


@dataclass(frozen=True)
class Site:
    """One place for a rule: `at` is the place in the form that the rule takes, `edits` the expected
    edits."""

    at: str
    edits: tuple[TokenEdit, ...]


@dataclass(frozen=True)
class NoSite:
    """The edit cannot be made; `reason` is one line without a full stop."""

    reason: str


def rename(draft: Draft, call: Call, new: str) -> Site:
    """Rename the called function."""
    return Site(_at(draft, call.name), (TokenEdit(call.name, 1, (new.encode(),)),))


def drop_flag(draft: Draft, number: int) -> Site | NoSite:
    """Remove the flag at token `number`, with the | beside it."""
    tokens = draft.tokens
    at = _at(draft, number)
    parent = draft.node_at(number).parent
    if parent is not None and parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        left = parent.child_by_field_name("left")
        if operator is None or left is None or operator.type != "|":
            return NoSite(f"{tokens[number].text.decode()} is part of a calculation")
        is_left = left.start_byte == tokens[number].start and left.end_byte == tokens[number].end
        other = number + 1 if is_left else number - 1
        if tokens[other].text != b"|":
            return NoSite(f"there is a comment beside {tokens[number].text.decode()}")
        return Site(at, (TokenEdit(min(number, other), 2, ()),))
    if parent is None or parent.type not in _WHOLE_VALUE or _is_or_assignment(parent):
        return NoSite(f"{tokens[number].text.decode()} is part of a calculation")
    return Site(at, (TokenEdit(number, 1, (b"0",)),))


def write_to_flag(draft: Draft, call: Call, position: int, flag: str) -> Site | NoSite | None:
    """Turn a "write" argument into flags; None if it is 0, which means the same in both forms."""
    first, end = call.arguments[position]
    text = draft.span(first, end)
    at = _span_at(draft, first, end)
    if text == b"0":
        return None
    if text in (b"1", b"true"):
        return Site(at, (TokenEdit(first, 1, (flag.encode(),)),))
    if text == b"false":
        return Site(at, (TokenEdit(first, 1, (b"0",)),))
    if _kind(draft, first, end) in _LOOSER_THAN_OR:
        return NoSite("the write argument is not a plain condition")
    return Site(at, (TokenEdit(end, 0, (b"?", flag.encode(), b":", b"0")),))


def is_truth_value(draft: Draft, call: Call, position: int) -> bool:
    """Whether an argument is 1, true, false or the result of a comparison, and so not a set of
    flags."""
    first, end = call.arguments[position]
    if draft.span(first, end) in (b"1", b"true", b"false"):
        return True
    node = draft.node_of(first, end)
    while node is not None and node.type == "parenthesized_expression":
        node = node.named_children[0] if len(node.named_children) == 1 else None
    operator = node.child_by_field_name("operator") if node is not None else None
    return operator is not None and operator.type in _TRUTH_OPERATORS


def add_flag(draft: Draft, call: Call, position: int, flag: str) -> Site | None:
    """Add a flag; None if the argument names it already."""
    first, end = call.arguments[position]
    name = flag.encode()
    if any(token.text == name for token in draft.tokens[first:end]):
        return None
    at = _span_at(draft, first, end)
    if draft.span(first, end) == b"0":
        return Site(at, (TokenEdit(first, 1, (name,)),))
    return Site(at, (TokenEdit(end, 0, (b"|", name)),))


def needs_parentheses(draft: Draft, call: Call, position: int) -> bool:
    """Whether | binds more tightly than the operator of the argument."""
    first, end = call.arguments[position]
    if _kind(draft, first, end) in _LOOSER_THAN_OR:
        return True
    depth = 0
    for token in draft.tokens[first:end]:
        depth += {b"(": 1, b")": -1}.get(token.text, 0)
        if depth == 0 and token.text in _LOGICAL:
            return True
    return False


def parenthesized(draft: Draft, call: Call, position: int, flag: str) -> Site:
    """Add a flag, with parentheses around the argument."""
    first, end = call.arguments[position]
    edits = (TokenEdit(first, 0, (b"(",)), TokenEdit(end, 0, (b")", b"|", flag.encode())))
    return Site(_span_at(draft, first, end), edits)


def append_argument(draft: Draft, call: Call, argument: str) -> Site | NoSite:
    """Append an argument."""
    if not call.arguments:
        return NoSite("the call has no arguments")
    end = call.arguments[-1][1]
    return Site(_at(draft, call.name), (TokenEdit(end, 0, (b",", argument.encode())),))


def without_arguments(draft: Draft, call: Call, gone: Sequence[int]) -> Site | NoSite:
    """Remove the arguments at the positions `gone`, if evaluating them has no effect; the others
    are not changed."""
    edits = []
    for position in gone:
        first, end = call.arguments[position]
        last = set(gone).issuperset(range(position, len(call.arguments)))
        comma = first - 1 if last else end
        if end - first != 1 or draft.tokens[comma].text != b",":
            return NoSite("an argument that goes is more than a plain value")
        edits.append(TokenEdit(min(first, comma), 2, ()))
    return Site(_at(draft, call.name), tuple(edits))


def drop_last_argument(draft: Draft, call: Call) -> Site | NoSite:
    """Remove the last argument, if evaluating it has no effect."""
    first, end = call.arguments[-1]
    if end - first != 1 or len(call.arguments) < 2 or draft.tokens[first - 1].text != b",":
        return NoSite("the last argument is more than a plain value")
    return Site(_at(draft, call.name), (TokenEdit(first - 1, 2, ()),))


def _is_or_assignment(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    return node.type == "assignment_expression" and operator is not None and operator.type != "="


def _at(draft: Draft, number: int) -> str:
    token = draft.tokens[number]
    return f"L{token.line}C{token.column}"


def _span_at(draft: Draft, first: int, end: int) -> str:
    last = draft.tokens[end - 1]
    return f"{_at(draft, first)}L{last.end_line}C{last.end_column}"


def _kind(draft: Draft, first: int, end: int) -> str:
    """The type of the expression that the tokens are, "" if they are not a single expression."""
    node = draft.node_of(first, end)
    return node.type if node is not None else ""
