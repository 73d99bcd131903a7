# SPDX-License-Identifier: GPL-2.0-only
"""The edit of a call in SmPL: its new name, the arguments that it loses, and flags that replace a
truth value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import parse
from migrate.rewrite.model import FileChange

_Arguments = tuple[str, ...]
_FLAG = re.compile(r"(?P<value>.+) \? (?P<flag>\w+) : 0")


@dataclass(frozen=True)
class CallEdit:
    """The declaration of the metavariables, and the lines with - and +."""

    declared: str
    text: str


def call_edit(
    files: Sequence[FileChange], old: str, new: str, functions: Collection[str]
) -> CallEdit:
    """How calls of `old` became calls of `new` in `functions`. If that is not understood, it is
    the edit that keeps all arguments."""
    pairs = [pair for file in files for pair in _pairs(file, old, new, functions)]
    found = {_shape(was, now) for was, now in pairs}
    shape = found.pop() if len(found) == 1 else None
    if shape is None:
        return CallEdit("expression list es;", f"- {old}(es)\n+ {new}(es)\n")
    taken, given, variables = shape
    text = f"- {old}({', '.join(taken)})\n+ {new}({', '.join(given)})\n"
    return CallEdit(f"expression {', '.join(variables)};", text)


def _shape(was: _Arguments, now: _Arguments) -> tuple[_Arguments, _Arguments, _Arguments] | None:
    """The arguments of a call before and after the edit as a pattern, and its metavariables; None
    if they are the same, or differ in another way."""
    if was == now or not now:
        return None
    taken, given, variables = [], [], []
    left = list(now)
    for number, argument in enumerate(was, 1):
        flag = _FLAG.fullmatch(left[0]) if left else None
        same = bool(left) and left[0] == argument
        if not same and (flag is None or flag["value"].strip("()") != argument.strip("()")):
            taken.append(argument)
            continue
        name = f"e{number}"
        taken.append(name)
        variables.append(name)
        given.append(name if same or flag is None else f"{name} ? {flag['flag']} : 0")
        left.pop(0)
    return (tuple(taken), tuple(given), tuple(variables)) if not left else None


def _pairs(
    file: FileChange, old: str, new: str, functions: Collection[str]
) -> Iterator[tuple[_Arguments, _Arguments]]:
    """The arguments of each edited call of `file`, before and after."""
    before = _calls(file.path, file.before or b"", old, functions)
    after = _calls(file.path, file.after, new, functions)
    if len(before) == len(after):
        yield from zip(before, after, strict=True)
    else:
        yield (), ()


def _calls(path: str, text: bytes, name: str, functions: Collection[str]) -> list[_Arguments]:
    """The arguments of the calls of `name` in `functions`, in source order."""
    found = []
    for function in parse(path, text).functions:
        stack = [function.body] if function.name in functions else []
        while stack:
            node = stack.pop()
            callee = node.child_by_field_name("function")
            if node.type == "call_expression" and callee is not None and name_of(callee) == name:
                found.append(_arguments(node))
            stack.extend(reversed(node.children))
    return found


def _arguments(call: Node) -> _Arguments:
    listed = call.child_by_field_name("arguments")
    nodes = listed.named_children if listed is not None else []
    return tuple(
        " ".join((node.text or b"").decode("utf-8", "replace").split())
        for node in nodes
        if node.type != "comment"
    )
