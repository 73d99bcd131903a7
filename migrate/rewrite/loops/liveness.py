# SPDX-License-Identifier: GPL-2.0-only
"""Whether a local variable is read after a statement that leaves another value in it.

Only the syntax tree is looked at, and whatever it does not show counts as a read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tree_sitter import Node

from migrate.analysis.frontend.syntax import Function, name_of
from migrate.rewrite.text.expressions import below, is_variable, mentions

_LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})


def mentions_of(function: Function, name: str, besides: Collection[Node] = ()) -> Iterator[Node]:
    """Where `name` stands in the body of `function`, outside of the nodes `besides`."""
    queue = [function.body]
    while queue:
        node = queue.pop()
        if node in besides:
            continue
        if node.type == "identifier" and name_of(node) == name:
            yield node
        queue.extend(node.children)


def declarations_of(function: Function, name: str) -> list[Node]:
    """The declarations of parameters and locals called `name`, those in heads of loops too."""
    found = []
    for top in (*function.parameters, function.body):
        for node in below(top):
            if node.type in ("declaration", "parameter_declaration"):
                named = (_declared(d) for d in node.children_by_field_name("declarator"))
                found += [node for d in named if d is not None and name_of(d) == name]
    return found


def declared_name(declaration: Node, name: str) -> Node | None:
    """The identifier that declares `name` in `declaration`."""
    named = (_declared(d) for d in declaration.children_by_field_name("declarator"))
    return next((d for d in named if d is not None and name_of(d) == name), None)


def dead_after(function: Function, loop: Node, name: str) -> bool:
    """Whether nothing can read what `loop`, in `function`, leaves in its local variable `name`."""
    declarations = declarations_of(function, name)
    if len(declarations) != 1 or any(node.type == "ERROR" for node in below(function.body)):
        return False
    if any(_takes_address(node) for node in mentions_of(function, name)):
        return False
    if any(child.type == "storage_class_specifier" for child in declarations[0].children):
        return False  # it is static, and keeps its value for the next time
    again = _jumps_back(function.body, loop) or _hides_loops(function.body)
    # Of a loop around its block, each round has a variable of its own.
    block = declarations[0].parent
    inner = block if block is not None and block.type == "compound_statement" else function.node
    around = [n for n in _ancestors(loop) if n.type in _LOOPS and n != inner and _inside(n, inner)]
    if loop.type != "for_statement" and (around or again):
        return False  # the loop itself reads it, the next time round
    for mention in mentions_of(function, name, (loop,)):
        if mention == declared_name(declarations[0], name) or _set_first(mention, name, loop):
            continue
        shared = any(_inside(mention, outer) for outer in around)
        if mention.start_byte > loop.start_byte or shared or again:
            return False
    return True


def _set_first(mention: Node, name: str, loop: Node) -> bool:
    """Whether `mention` is in a `for` other than around `loop` that sets the variable first."""
    for node in _ancestors(mention):
        start = node.child_by_field_name("initializer") if node.type == "for_statement" else None
        if start is None or _inside(loop, node):
            continue
        target, value = start.child_by_field_name("left"), start.child_by_field_name("right")
        operator = start.child_by_field_name("operator")
        plain = operator is not None and operator.type == "=" and is_variable(target, name)
        if plain and value is not None and not mentions(value, name) and not _has_label(node):
            return True
    return False


def _jumps_back(body: Node, loop: Node) -> bool:
    """Whether a goto behind the start of `loop` leads to a label before its end."""
    labels, targets = set(), set()
    for node in below(body):
        named = node.child_by_field_name("label")
        if named is None:
            if node.type == "goto_statement":
                return True  # to a place that is worked out when it runs
        elif node.type == "labeled_statement" and node.start_byte < loop.end_byte:
            labels.add(name_of(named))
        elif node.type == "goto_statement" and node.start_byte >= loop.start_byte:
            targets.add(name_of(named))
    return bool(labels & targets)


def _hides_loops(body: Node) -> bool:
    """Whether a macro may make a loop around something: the parser stumbles over those."""
    return body.has_error or any(node.type == "function_definition" for node in below(body))


def _takes_address(mention: Node) -> bool:
    parent = mention.parent
    while parent is not None and parent.type == "parenthesized_expression":
        parent = parent.parent
    operator = parent.child_by_field_name("operator") if parent is not None else None
    pointer = parent is not None and parent.type == "pointer_expression"
    return pointer and operator is not None and operator.type == "&"


def _has_label(top: Node) -> bool:
    return any(node.type in ("labeled_statement", "case_statement") for node in below(top))


def _ancestors(node: Node) -> Iterator[Node]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _inside(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def _declared(declarator: Node) -> Node | None:
    """The identifier of a declarator that is a plain variable or a pointer."""
    current: Node | None = declarator
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return current
