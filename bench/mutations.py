# SPDX-License-Identifier: GPL-2.0-only
"""Every small change of a Python module that a mutant can be made of.

Left alone are annotations, docstrings, decorators, and strings with a blank in them, which are for
people to read.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min", "startswith": "endswith"}


Change = Callable[[Any], None]


@dataclass(frozen=True)
class Mutation:
    """One change: on `line`, `before` becomes `after`. `number` counts within the module."""

    number: int
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"`{self.before}` -> `{self.after}`"


def mutations(text: str) -> list[Mutation]:
    """All changes of the module `text`."""
    found: list[Mutation] = []
    for node, change in _all_changes(ast.parse(text)):
        changed = copy.deepcopy(node)
        change(changed)
        line = getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0)
        found.append(Mutation(len(found), line, _shown(node), _shown(changed)))
    return found


def mutated(text: str, number: int) -> ast.Module:
    """The module `text` with one of its changes made."""
    tree = ast.parse(text)
    node, change = list(_all_changes(tree))[number]
    change(node)
    return ast.fix_missing_locations(tree)


def _all_changes(tree: ast.Module) -> Iterator[tuple[Any, Change]]:
    for node in list(_nodes(tree)):
        for change in _changes(node):
            yield node, change


def _shown(node: ast.AST) -> str:
    first = ast.unparse(ast.fix_missing_locations(node)).split("\n", 1)[0]
    return first if len(first) <= 100 else f"{first[:100]}..."


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Those that may be changed, always in the same order."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _nodes(child)


def _is_text(node: ast.AST) -> bool:
    """A docstring, an import, or a string for people."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    value = node.value if isinstance(node, ast.Expr) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and (
        isinstance(node, ast.Expr) or " " in value.value
    )  # fmt: skip


def _changes(node: Any) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=ops):
            yield from (_set_item("ops", n, _COMPARED[type(op)]()) for n, op in enumerate(ops))
        case ast.BoolOp(op=op):
            yield _set("op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _CALCULATED:
            yield _set("op", _CALCULATED[type(op)]())
        case ast.If() | ast.While() | ast.IfExp():
            yield lambda x: setattr(x, "test", _negated(x.test))
        case ast.comprehension(ifs=ifs):
            yield from (_set_item("ifs", n, ast.Constant(True)) for n in range(len(ifs)))
        case ast.Constant(value=value):
            if isinstance(value, bool | int):
                yield _set("value", not value if isinstance(value, bool) else value + 1)
            elif isinstance(value, str) and value:
                yield _set("value", f"{value}X")
        case ast.Return(value=value) if value is not None and not _is_false(value):
            yield _set("value", ast.Constant(None))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield lambda x: setattr(x.func, "id", _CALLED[name])
        case ast.Call(func=ast.Attribute(attr=name)) if name in _CALLED:
            yield lambda x: setattr(x.func, "attr", _CALLED[name])
        case ast.Expr(value=ast.Call()):
            yield _set("value", ast.Constant(None))
        case ast.Assign() if _is_plain(node) and not _is_false(node.value):
            yield _set("value", ast.Constant(None))
        case ast.Continue() | ast.Break():
            yield _other_jump


def _set(name: str, value: object) -> Change:
    return lambda node: setattr(node, name, value)


def _set_item(name: str, number: int, value: object) -> Change:
    return lambda node: getattr(node, name).__setitem__(number, value)


def _is_false(node: ast.AST) -> bool:
    """None would be no change, or as good as none."""
    return isinstance(node, ast.Constant) and not node.value


def _is_plain(node: ast.Assign) -> bool:
    """One name or attribute, and not one of the module, where everything would break at once."""
    return node.col_offset > 0 and isinstance(node.targets[0], ast.Name | ast.Attribute)


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _other_jump(node: Any) -> None:
    node.__class__ = ast.Break if isinstance(node, ast.Continue) else ast.Continue
