# SPDX-License-Identifier: GPL-2.0-only
"""Variables that an edit leaves unused, and their declarations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tree_sitter import Node

from migrate.analysis.frontend.nodes import name_of
from migrate.analysis.frontend.syntax import Function
from migrate.rewrite.steps.sites import Site
from migrate.rewrite.text.check import TokenEdit
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.expressions import below
from migrate.rewrite.text.tokens import gap_before

_PLAIN = frozenset({"number_literal", "null", "true", "false", "identifier"})
_DECLARATORS = frozenset({"identifier", "pointer_declarator", "init_declarator"})
_PARTS = frozenset(
    {
        *("type_qualifier", "sized_type_specifier", "struct_specifier", "primitive_type"),
        *("type_identifier", ";", ","),
    }
)
"""What a declaration may contain besides its variables; with `static` or an attribute it is not
removed."""


def mentions_of(function: Function, name: str, besides: Collection[Node] = ()) -> Iterator[Node]:
    """The uses of `name` in the body of `function`, outside of the nodes `besides`."""
    queue = [function.body]
    while queue:
        node = queue.pop()
        if node in besides:
            continue
        if node.type == "identifier" and name_of(node) == name:
            yield node
        queue.extend(node.children)


def declarations_of(function: Function, name: str) -> list[Node]:
    """The declarations of parameters and locals called `name`, including those in heads of
    loops."""
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


def is_unused(function: Function, name: str, besides: Collection[Node] = ()) -> bool:
    """Whether the local variable `name` is only declared once the nodes `besides` are removed."""
    declarations = declarations_of(function, name)
    if len(declarations) != 1 or declarations[0].type != "declaration":
        return False
    named = declared_name(declarations[0], name)
    return list(mentions_of(function, name, besides)) == [named]


def can_drop(draft: Draft, function: Function, name: str) -> bool:
    """Whether the declaration of `name` can be removed without removing a comment or a side
    effect."""
    declaration = declarations_of(function, name)[0]
    if not draft.is_plain(declaration):
        return False
    declarators = declaration.children_by_field_name("declarator")
    declarator = next(d for d in declarators if _name(d) == name)
    value = declarator.child_by_field_name("value")
    plain = declarator.type in _DECLARATORS and (value is None or value.type in _PLAIN)
    parent = declaration.parent
    if parent is None or parent.type != "compound_statement" or not plain:
        return False
    if _comment_near(declaration):
        return False
    others = [c for c in declaration.children if c not in declarators]
    return all(c.type in _PARTS for c in others)


def drop_variables(draft: Draft, function: Function, names: Sequence[str]) -> Site | None:
    """Remove the declarations of `names`; None if each of them is used."""
    wanted = {name for name in names if is_unused(function, name)}
    edits: list[TokenEdit] = []
    places: list[str] = []
    gone: set[int] = set()
    for declaration in sorted(
        {declarations_of(function, name)[0] for name in wanted}, key=lambda n: n.start_byte
    ):
        declarators = declaration.children_by_field_name("declarator")
        dropped = [d for d in declarators if _name(d) in wanted]
        places += [_at(d) for d in dropped]
        if len(dropped) == len(declarators):
            edits.append(_whole(draft, declaration, gone))
        else:
            edits += _parts(draft, declarators, dropped)
    return Site("_".join(places), tuple(edits)) if edits else None


def _whole(draft: Draft, declaration: Node, gone: set[int]) -> TokenEdit:
    """Remove a declaration; after an opening brace, with the empty line that follows."""
    first, end = draft.tokens_of(declaration)
    gone.update(range(first, end))
    before = first - 1
    while before in gone:
        before -= 1
    opens = draft.tokens[before].text == b"{"
    behind = gap_before(draft.text, draft.tokens, before + 1 if opens else end)
    return TokenEdit(first, end - first, (), (behind,))


def _parts(draft: Draft, declarators: list[Node], dropped: list[Node]) -> list[TokenEdit]:
    """Remove some variables of a list, each with the comma that separates it from one that
    stays."""
    edits = []
    kept = [d not in dropped for d in declarators]
    for number, declarator in enumerate(declarators):
        if kept[number]:
            continue
        first, end = draft.tokens_of(declarator)
        if any(kept[:number]):
            first -= 1
        else:
            end += 1
        at = first if not any(kept[:number]) else end
        edits.append(TokenEdit(first, end - first, (), (gap_before(draft.text, draft.tokens, at),)))
    return edits


def _comment_near(declaration: Node) -> bool:
    """Whether a comment is in a declaration, on its line, or right above it."""
    if any(node.type == "comment" for node in below(declaration)):
        return True
    before, after = declaration.prev_sibling, declaration.next_sibling
    above = before is not None and before.type == "comment"
    if above and before is not None and before.end_point[0] + 1 >= declaration.start_point[0]:
        return True
    near = after is not None and after.type == "comment"
    return near and after is not None and after.start_point[0] == declaration.end_point[0]


def _identifier(declarator: Node) -> Node:
    current: Node | None = declarator
    found = declarator
    while current is not None:
        found, current = current, current.child_by_field_name("declarator")
    return found


def _name(declarator: Node) -> str:
    return name_of(_identifier(declarator))


def _at(declarator: Node) -> str:
    line, column = _identifier(declarator).start_point
    return f"L{line + 1}C{column}"


def _declared(declarator: Node) -> Node | None:
    """The identifier of a declarator that is a plain variable or a pointer."""
    current: Node | None = declarator
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return current
