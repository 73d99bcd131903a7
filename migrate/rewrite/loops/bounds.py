# SPDX-License-Identifier: GPL-2.0-only
"""Whether every way to a call leads through a test that its count is not negative.

Only what the syntax tree shows is believed, and only of a plain local variable: an `if` around
the call, or an early way out before it in the same block, with no assignment and no label in
between. Everything else proves nothing.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from migrate.analysis.frontend.syntax import name_of, nodes

# A suffix such as UL would make the comparison unsigned, so that -1 is greater than 0.
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]*")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_PROVING = frozenset({">", ">=", "=="})
_SAME_VALUE = frozenset({"likely", "unlikely"})
_LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})
_LABELS = frozenset({"labeled_statement", "case_statement"})
_WAYS_OUT = frozenset(
    {"return_statement", "goto_statement", "break_statement", "continue_statement"}
)


def proved_not_negative(body: Node, call: Node, name: str) -> bool:
    """Whether the local variable `name` of the function with `body` is at least 0 at `call`.

    `call` is a node below `body`. False means that nothing was proved.
    """
    found = list(nodes(body))
    if any(node.type == "ERROR" or _takes_address(node, name) for node in found):
        return False
    # A loop that a macro makes is no loop in the syntax tree: the parser misses a semicolon
    # there, or takes it for a function in a function.
    hidden = body.has_error or any(node.type == "function_definition" for node in found)
    child, parent = call, call.parent
    while parent is not None and child != body:
        if parent.type == "if_statement" and _branch_proves(parent, child, name):
            return True
        if parent.type in _LABELS:
            return False
        for earlier in reversed(_before(parent, child)):
            if parent.type == "compound_statement" and _early_way_out(earlier, name):
                return True
            if _changes(earlier, name) or _has_label(earlier):
                return False
        # What runs again is reached from its own end, too.
        again = parent.type in _LOOPS or (hidden and parent != body)
        if again and (_changes(parent, name, besides=call) or _has_label(parent)):
            return False
        child, parent = parent, parent.parent
    return False


def only_counts_up(body: Node, loop: Node, name: str) -> bool:
    """Whether the local variable `name` starts at 0 or more and is never made less but by `loop`.

    `loop` is a node below `body`. What is set to anything but a plain number proves nothing; that
    it is no parameter is for the caller to know.
    """
    started = False
    for node in nodes(body):
        if node.type == "ERROR" or _takes_address(node, name):
            return False
        declared, value = (node.child_by_field_name(f) for f in ("declarator", "value"))
        if node.type == "init_declarator" and declared is not None and _is(declared, name):
            if value is None or not _is_plain_number(value):
                return False
            started = True
        inside = loop.start_byte <= node.start_byte and node.end_byte <= loop.end_byte
        if not _may_change(node, name) or (inside and node.type == "update_expression"):
            continue
        operator, value = (node.child_by_field_name(f) for f in ("operator", "right"))
        plain = operator is not None and operator.type in ("=", "+=", "++")
        if not plain or (value is not None and not _is_plain_number(value)):
            return False
        started = started or node.type == "assignment_expression"
    return started


def bytes_counted_in_pages(body: Node, at: Node, name: str) -> Node | None:
    """The X of `name = X >> PAGE_SHIFT` when that is all the local variable `name` is ever given
    on the way to `at`, a node below `body`; else None."""
    found: list[Node] = []
    looping = _is_repeated(at, body)
    for node in nodes(body):
        if node.type == "ERROR" or _takes_address(node, name):
            return None
        declared, value = (node.child_by_field_name(f) for f in ("declarator", "value"))
        if node.type == "init_declarator" and declared is not None and _is(declared, name):
            found.append(value or node)
            continue
        before = looping or node.start_byte < at.start_byte
        if before and node != at and _may_change(node, name):
            return None
    if len(found) != 1 or found[0].type != "binary_expression":
        return None
    left, right = (found[0].child_by_field_name(side) for side in ("left", "right"))
    operator = found[0].child_by_field_name("operator")
    shifted = operator is not None and operator.type == ">>"
    by_page = right is not None and name_of(right) == "PAGE_SHIFT"
    return left if shifted and by_page else None


def _is_repeated(node: Node, body: Node) -> bool:
    """Whether what is below `body` may come back to `node`: by a loop, or by a label before it."""
    if body.has_error or any(n.type == "labeled_statement" for n in nodes(body)):
        return True
    parent = node.parent
    while parent is not None and parent != body:
        if parent.type in _LOOPS:
            return True
        parent = parent.parent
    return False


def _is_plain_number(node: Node) -> bool:
    return node.type == "number_literal" and bool(_PLAIN_NUMBER.fullmatch(name_of(node)))


def _branch_proves(statement: Node, branch: Node, name: str) -> bool:
    """Whether that branch of an `if` is only taken when `name` is at least 0."""
    condition = statement.child_by_field_name("condition")
    if condition is None or _changes(condition, name):
        return False
    if branch == statement.child_by_field_name("consequence"):
        return _implies(condition, name, True)
    return branch == statement.child_by_field_name("alternative") and _implies(
        condition, name, False
    )


def _early_way_out(statement: Node, name: str) -> bool:
    """Whether `statement` is an `if` that leaves the block whenever `name` is below 0."""
    condition = statement.child_by_field_name("condition")
    last = statement.child_by_field_name("consequence")
    if statement.type != "if_statement" or condition is None or last is None:
        return False
    if statement.child_by_field_name("alternative") is not None or _changes(condition, name):
        return False
    if last.type == "compound_statement":
        inside = [c for c in last.named_children if c.type != "comment"]
        last = inside[-1] if inside else last
    return last.type in _WAYS_OUT and _implies(condition, name, False)


def _implies(condition: Node, name: str, outcome: bool) -> bool:
    """Whether `name` is at least 0 when `condition` comes out as `outcome`."""
    if condition.type == "parenthesized_expression":
        inner = condition.named_children
        return len(inner) == 1 and _implies(inner[0], name, outcome)
    if condition.type == "call_expression":
        called, listed = (condition.child_by_field_name(f) for f in ("function", "arguments"))
        same = called is not None and name_of(called) in _SAME_VALUE
        values = listed.named_children if listed is not None and same else []
        return len(values) == 1 and _implies(values[0], name, outcome)
    operator = condition.child_by_field_name("operator")
    if operator is None:
        return False
    if condition.type == "unary_expression":
        value = condition.child_by_field_name("argument")
        return operator.type == "!" and value is not None and _implies(value, name, not outcome)
    left, right = (condition.child_by_field_name(side) for side in ("left", "right"))
    if condition.type != "binary_expression" or left is None or right is None:
        return False
    if operator.type == ("&&" if outcome else "||"):
        return _implies(left, name, outcome) or _implies(right, name, outcome)
    if operator.type in _OPPOSITE:
        compared = operator.type if outcome else _OPPOSITE[operator.type]
        return _compares(left, compared, right, name)
    return False


def _compares(left: Node, operator: str, right: Node, name: str) -> bool:
    """Whether `name` is compared with a plain number so that it has to be at least 0."""
    if _is(right, name):
        left, operator, right = right, _MIRRORED[operator], left
    return _is(left, name) and _is_plain_number(right) and operator in _PROVING


def _changes(node: Node, name: str, besides: Node | None = None) -> bool:
    """Whether anything at or below `node` may give `name` another value.

    A call that is handed the variable may be a macro that assigns to it, as get_user() does;
    only the call `besides` is known to be none.
    """
    return any(found != besides and _may_change(found, name) for found in nodes(node))


def _may_change(node: Node, name: str) -> bool:
    if node.type == "call_expression":
        listed = node.child_by_field_name("arguments")
        called = node.child_by_field_name("function")
        if called is not None and name_of(called) in _SAME_VALUE:
            return False
        return listed is not None and any(_is(value, name) for value in listed.named_children)
    if node.type == "assignment_expression":
        target = node.child_by_field_name("left")
        return target is not None and _is(target, name)
    if node.type == "update_expression":
        target = node.child_by_field_name("argument")
        return target is not None and _is(target, name)
    return node.type == "gnu_asm_expression"


def _takes_address(node: Node, name: str) -> bool:
    operator, value = (node.child_by_field_name(f) for f in ("operator", "argument"))
    if node.type != "pointer_expression" or operator is None or operator.type != "&":
        return False
    return value is not None and _is(value, name)


def _is(node: Node, name: str) -> bool:
    """Whether `node` is the variable itself, in however many parentheses."""
    while node.type == "parenthesized_expression" and len(node.named_children) == 1:
        node = node.named_children[0]
    return node.type == "identifier" and name_of(node) == name


def _before(parent: Node, child: Node) -> list[Node]:
    return [node for node in parent.named_children if node.end_byte <= child.start_byte]


def _has_label(node: Node) -> bool:
    return any(found.type in _LABELS for found in nodes(node))
