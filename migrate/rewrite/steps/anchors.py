# SPDX-License-Identifier: GPL-2.0-only
"""Where in a file new declarations and definitions are inserted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.nodes import find_first, name_of
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import call_at

_EXPORTS = ("EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL")
_CONDITIONS = frozenset(
    {"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef"}
)


@dataclass(frozen=True)
class Anchor:
    """New text is inserted after this.

    A semantic patch finds it by `metavariables` and the line `context`; `end` is the number of the
    next token. spatch inserts an empty line before a function, but not before a declaration: `lead`
    compensates for that.
    """

    metavariables: str
    context: str
    end: int
    lead: str


def prototype_anchor(draft: Draft, names: Sequence[str]) -> Anchor | None:
    """After the declaration of the first of `names` that the header has."""
    for name in names:
        node = _declaration(draft.source.root, name)
        if node is not None:
            line = node.start_point[0] + 1
            where = f'position p : script:python() {{ p[0].line == "{line}" }};'
            end = _token_from(draft, node.end_byte)
            return Anchor(f"declaration d;\n{where}", "d@p", end, "\n")
    return None


def export_anchor(draft: Draft) -> Anchor | None:
    """After the last export of the file outside of any #if."""
    for number in range(len(draft.tokens) - 1, -1, -1):
        macro = draft.tokens[number].text.decode("utf-8", "replace")
        if macro not in _EXPORTS or _conditional(draft.node_at(number)):
            continue
        call = call_at(draft.tokens, number)
        if call is None or len(call.arguments) != 1:
            continue
        name = draft.span(*call.arguments[0]).decode("utf-8", "replace")
        variables = f"declarer name {', '.join(_EXPORTS)};"
        return Anchor(variables, f"{macro}({name});", call.close + 2, "")
    return None


def export_macro(drafts: Sequence[Draft], name: str) -> str | None:
    """The export macro of `name` in the first of `drafts` that exports it."""
    for draft in drafts:
        for number, token in enumerate(draft.tokens):
            macro = token.text.decode("utf-8", "replace")
            call = call_at(draft.tokens, number) if macro in _EXPORTS else None
            if call and call.arguments and draft.span(*call.arguments[0]) == name.encode():
                return macro
    return None


def defines(draft: Draft, name: str) -> bool:
    """Whether the file has a definition of the function `name`."""
    return bool(draft.source.by_name.get(name))


def head_behind(draft: Draft, anchor: Anchor, name: str) -> str:
    """The head of the function `name` if the file defines it behind `anchor` alone, where new text
    has to declare it first; "" otherwise."""
    definitions = draft.source.by_name.get(name, ())
    if not definitions or anchor.end >= len(draft.tokens):
        return ""
    if any(function.start < draft.tokens[anchor.end].start for function in definitions):
        return ""
    first = definitions[0]
    head = draft.source.text[first.start : first.body.start_byte]
    return " ".join(head.decode("utf-8", "replace").split()).replace("( ", "(")


def guard_of(draft: Draft, name: str, option: str) -> str:
    """`option` if every definition of `name` in the file depends on it, else ""."""
    definitions = draft.source.by_name.get(name, ())
    if definitions and all(_needs(f.node, option) for f in definitions):
        return option
    return ""


def _needs(node: Node, option: str) -> bool:
    """Whether `node` is in the first branch of an #ifdef or #if of `option`."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in ("preproc_ifdef", "preproc_if") and child.type not in _CONDITIONS:
            condition = parent.child_by_field_name("name") or parent.child_by_field_name(
                "condition"
            )
            negated = parent.children and parent.children[0].type == "#ifndef"
            identifiers = _identifiers(condition) if condition is not None else []
            if option in identifiers and not negated:
                return True
        child, parent = parent, parent.parent
    return False


def _identifiers(node: Node) -> list[str]:
    found = [name_of(node)] if node.type == "identifier" else []
    for child in node.children:
        found += _identifiers(child)
    return found


def _conditional(node: Node) -> bool:
    current: Node | None = node
    while current is not None:
        if current.type in _CONDITIONS or current.type == "compound_statement":
            return True
        current = current.parent
    return False


def _declaration(node: Node, name: str) -> Node | None:
    """The declaration of the function `name`, if it depends only on the include guard."""
    for child in node.children:
        if child.type == "declaration":
            declarator = find_first(child, "function_declarator")
            named = declarator.child_by_field_name("declarator") if declarator else None
            if named is not None and name_of(named) == name:
                return child
        elif child.type in ("preproc_ifdef", "preproc_if", "ERROR", "linkage_specification"):
            found = _declaration(child, name) if _is_guard(child) else None
            if found is not None:
                return found
    return None


def _is_guard(node: Node) -> bool:
    """Whether a directive is an include guard, __KERNEL__, or no condition at all."""
    if node.type not in _CONDITIONS:
        return True
    head = node.children[0].type if node.children else ""
    name = node.child_by_field_name("name")
    text = name_of(name) if name is not None else ""
    return text == "__KERNEL__" or (head == "#ifndef" and text.startswith(("_", "LINUX")))


def conditional_in_header(node: Node) -> bool:
    """Whether a node at file scope depends on an #if that is not a guard."""
    parent = node.parent
    while parent is not None:
        if not _is_guard(parent):
            return True
        parent = parent.parent
    return False


def _token_from(draft: Draft, byte: int) -> int:
    """The number of the first token that starts at `byte` or later."""
    for number, token in enumerate(draft.tokens):
        if token.start >= byte:
            return number
    return len(draft.tokens)
