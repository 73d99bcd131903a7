# SPDX-License-Identifier: GPL-2.0-only
"""Recognises loops that release each page of an array, in the syntax tree.

A loop is recognised only if its head and its body have one of the forms below and contain nothing
else: no other statement, no comment, no test of the element except for whether it is dirty already.
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.rewrite.text.expressions import (
    below,
    comparison,
    is_pure,
    is_variable,
    is_zero,
    leaves,
    mentions,
    only_argument,
    same,
)

_DIRTY = "set_page_dirty_lock"
"""The only way to mark a page dirty that the array functions have, too; set_page_dirty() differs,
because it does not lock the page."""

_IS_DIRTY = "PageDirty"
_LOOPS = frozenset({"for_statement", "while_statement"})


@dataclass(frozen=True)
class PutLoop:
    """A loop over `count` pages of `array` that only releases each of them.

    `index` is the loop variable, declared in the head if `own_index`; `way` is "up" or "down" for a
    `for`, and "while" if `index` is counted down from the number of pages. `zero_only` says that
    the loop would run beyond the array with a negative count, so the count never is. `dirty` is
    None if pages are not marked dirty, "" if they always are, else the condition. `page` names a
    variable outside of the loop that each element is assigned to, or is "".
    """

    node: Node
    index: str
    own_index: bool
    way: str
    zero_only: bool
    array: Node
    count: Node
    dirty: Node | str | None
    page: str
    aliased: bool


def loop_around(call: Node) -> Node | None:
    """The loop whose body is the statement `call`, or a block with it; None if there is none."""
    statement = call.parent
    if statement is None or statement.type != "expression_statement":
        return None
    parent = statement.parent
    if parent is not None and parent.type == "compound_statement":
        parent = parent.parent
    return parent if parent is not None and parent.type in _LOOPS else None


def read_put_loop(call: Node) -> PutLoop | None:
    """The loop that releases page by page with `call`; None if it does anything else."""
    loop = loop_around(call)
    if loop is None or loop.has_error or any(_forbidden(node) for node in below(loop)):
        return None
    head = _for_head(loop) if loop.type == "for_statement" else _while_head(loop)
    body = loop.child_by_field_name("body")
    if head is None or body is None:
        return None
    statements = body.named_children if body.type == "compound_statement" else [body]
    return _read_body(loop, head, list(statements), call)


@dataclass(frozen=True)
class _Head:
    """`elements` are the spellings of the index of the element that the body may use."""

    index: str
    own: bool
    way: str
    zero_only: bool
    count: Node
    element: str


def _for_head(loop: Node) -> _Head | None:
    """`for (i = 0; i < n; i++)`, and the same backwards."""
    start, condition, step = (
        loop.child_by_field_name(field) for field in ("initializer", "condition", "update")
    )
    first = _started(start) if start is not None else None
    if first is None or condition is None or step is None:
        return None
    name, value, own = first
    operator = step.child_by_field_name("operator")
    moved = step.child_by_field_name("argument")
    if step.type != "update_expression" or operator is None or not is_variable(moved, name):
        return None
    compared = comparison(condition)
    if compared is None or not is_variable(compared[0], name):
        return None
    if operator.type == "++" and is_zero(value) and compared[1] == "<":
        return _Head(name, own, "up", False, compared[2], name)
    if operator.type == "--" and compared[1] == ">=" and is_zero(compared[2]) and not own:
        count = _one_less(value)
        return _Head(name, own, "down", False, count, name) if count is not None else None
    return None


def _while_head(loop: Node) -> _Head | None:
    """`while (i--)`, `while (i-- > 0)`, `while (--i >= 0)`, `while (i)` and `while (i > 0)`."""
    condition = loop.child_by_field_name("condition")
    inner = condition.named_children if condition is not None else []
    if len(inner) != 1:
        return None
    test, operator = inner[0], ""
    if (compared := comparison(test)) is not None and is_zero(compared[2]):
        test, operator = compared[0], compared[1]
    if test.type == "identifier" and operator in ("", ">"):
        name = name_of(test)
        return _Head(name, False, "while", operator == "", test, f"--{name}")
    variable = test.child_by_field_name("argument")
    if test.type != "update_expression" or variable is None or variable.type != "identifier":
        return None
    form = (name_of(test).replace(name_of(variable), "i"), operator)
    if form not in (("i--", ""), ("i--", ">"), ("--i", ">=")):
        return None
    name = name_of(variable)
    return _Head(name, False, "while", operator == "", variable, name)


def _read_body(loop: Node, head: _Head, statements: list[Node], call: Node) -> PutLoop | None:
    page, aliased = "", False
    array: Node | None = None
    if statements and (alias := _alias(statements[0], head)) is not None:
        array, page, own_page = alias
        aliased = True
        element, statements = page, statements[1:]
        page = "" if own_page else page
    released = call.parent
    if not statements or statements.pop() != released:
        return None
    given = only_argument(call)
    if given is None:
        return None
    if array is None:
        array = _element(given, head)
    elif not is_variable(given, element):
        return None
    # If the body had `a[--i]` twice, it would take two steps.
    if head.element != head.index and (aliased or statements):
        return None
    dirty = _dirty(statements, given)
    if array is None or (dirty is None and statements):
        return None
    parts = [array, *([] if head.way == "while" else [head.count])]
    parts += [dirty] if isinstance(dirty, Node) else []
    changing = [head.index, *([page] if page else [])]
    if not all(is_pure(part) for part in parts):
        return None
    if any(mentions(part, name) for part in parts for name in changing):
        return None
    return PutLoop(
        node=loop,
        index=head.index,
        own_index=head.own,
        way=head.way,
        zero_only=head.zero_only,
        array=array,
        count=head.count,
        dirty=dirty,
        page=page,
        aliased=aliased,
    )


def _dirty(statements: list[Node], given: Node) -> Node | str | None:
    """The value of `PutLoop.dirty` for the statements before the release; None also if there is
    anything else."""
    if len(statements) != 1:
        return None
    statement = statements[0]
    if statement.type != "if_statement":
        return "" if _marks(statement, given) else None
    condition = statement.child_by_field_name("condition")
    then = statement.child_by_field_name("consequence")
    if condition is None or then is None or statement.child_by_field_name("alternative"):
        return None
    if then.type == "compound_statement":
        then = then.named_children[0] if len(then.named_children) == 1 else then
    inner = condition.named_children
    if not _marks(then, given) or len(inner) != 1:
        return None
    return "" if _is_not_dirty(inner[0], given) else inner[0]


def _marks(statement: Node, given: Node) -> bool:
    call = statement.named_children[0] if statement.named_children else None
    if statement.type != "expression_statement" or call is None:
        return False
    return _calls(call, _DIRTY, given)


def _is_not_dirty(condition: Node, given: Node) -> bool:
    operator, value = (condition.child_by_field_name(f) for f in ("operator", "argument"))
    if condition.type != "unary_expression" or operator is None or operator.type != "!":
        return False
    return value is not None and _calls(value, _IS_DIRTY, given)


def _calls(node: Node, name: str, given: Node) -> bool:
    called = node.child_by_field_name("function")
    if node.type != "call_expression" or called is None or name_of(called) != name:
        return False
    argument = only_argument(node)
    return argument is not None and same(argument, given)


def _alias(statement: Node, head: _Head) -> tuple[Node, str, bool] | None:
    """`page = a[i];` or `struct page *page = a[i];`: the array, the variable, and whether it is
    local to the loop."""
    own = statement.type == "declaration"
    if own:
        (node, *more) = statement.children_by_field_name("declarator") or [statement]
        kind = statement.child_by_field_name("type")
        target, value = node.child_by_field_name("declarator"), node.child_by_field_name("value")
        plain = kind is not None and name_of(kind) == "struct page" and not more
        if not plain or target is None or target.type != "pointer_declarator":
            return None
        target = target.child_by_field_name("declarator")
    else:
        assigned = statement.named_children[0] if statement.named_children else None
        if statement.type != "expression_statement" or assigned is None:
            return None
        operator = assigned.child_by_field_name("operator")
        if operator is None or operator.type != "=":
            return None
        target, value = (assigned.child_by_field_name(f) for f in ("left", "right"))
    if target is None or value is None or target.type != "identifier":
        return None
    array = _element(value, head)
    return (array, name_of(target), own) if array is not None else None


def _element(node: Node, head: _Head) -> Node | None:
    """The array of `a[i]`."""
    if node.type != "subscript_expression":
        return None
    array, index = node.child_by_field_name("argument"), node.child_by_field_name("index")
    if array is None or index is None or b"".join(leaves(index)).decode() != head.element:
        return None
    return array


def _started(start: Node) -> tuple[str, Node, bool] | None:
    """The variable that the head of a loop sets, its value, and whether the head declares it."""
    if start.type == "declaration":
        found = start.children_by_field_name("declarator")
        target = found[0].child_by_field_name("declarator") if len(found) == 1 else None
        value = found[0].child_by_field_name("value") if target is not None else None
    else:
        operator = start.child_by_field_name("operator")
        if start.type != "assignment_expression" or operator is None or operator.type != "=":
            return None
        target, value = start.child_by_field_name("left"), start.child_by_field_name("right")
    if target is None or value is None or target.type != "identifier":
        return None
    return name_of(target), value, start.type == "declaration"


def _one_less(node: Node) -> Node | None:
    """n in `n - 1`."""
    found = comparison(node)
    if found is None or found[1] != "-" or found[2].text != b"1":
        return None
    return found[0]


def _forbidden(node: Node) -> bool:
    return node.type == "comment" or node.type.startswith("preproc_")
