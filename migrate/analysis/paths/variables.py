# SPDX-License-Identifier: GPL-2.0-only
"""The local variables of a function that may hold pages, and what is computed from others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.knowledge import knowledge
from migrate.analysis.frontend.syntax import Function, Source, name_of, nodes
from migrate.analysis.frontend.types import declared
from migrate.analysis.paths.walk import strip


@dataclass(frozen=True)
class Variable:
    """One local variable for pages. `names` has it, its aliases, and what is derived from it;
    `single` says that it is one pointer to one page and has no alias; `depends` are variables
    that are computed from what an acquire returns."""

    names: frozenset[str]
    single: bool
    depends: frozenset[str]


def local_variables(
    source: Source, function: Function, is_acquire: Callable[[Node], bool]
) -> Iterator[Variable]:
    """Each local of type `struct page *`, or an array of those; parameters are not local.

    A name that is declared twice is left out, and one with a cleanup function of its own.
    """
    found: dict[str, int] = {}
    twice: set[str] = set()
    statics: set[str] = set()
    for node in nodes(function.body):
        if node.type != "declaration":
            continue
        # An attribute behind a name can be beyond what the parser takes for the declaration.
        written = source.text[node.start_byte : source.text.find(b";", node.start_byte)]
        cleaned_up = b"__free(" in written or b"cleanup" in written
        if cleaned_up or any(c.type == "storage_class_specifier" for c in node.children):
            statics |= {name for name, _ in declared(node, source.path)}
        for name, kind in declared(node, source.path):
            if name in found:
                twice.add(name)
            found[name] = kind.depth if kind.tag == "page" else -1
    pages = {n for n, depth in found.items() if depth > 0 and n not in twice | statics}
    links, results = (
        list(_links(function.body, is_acquire)),
        set(_results(function.body, is_acquire)),
    )
    depends = _closure(results, links) - results
    for name in sorted(pages):
        names = _closure({name}, links) - depends - results
        single = found[name] == 1 and names & pages == {name}
        yield Variable(frozenset(names), single, frozenset(depends))


def value_of(node: Node) -> Node | None:
    """What an assignment or an initialiser stores."""
    if node.type == "assignment_expression":
        return node.child_by_field_name("right")
    return node.child_by_field_name("value") if node.type == "init_declarator" else None


def target_of(node: Node) -> Node | None:
    """Where an assignment or an initialiser stores to."""
    if node.type == "assignment_expression":
        return node.child_by_field_name("left")
    if node.type != "init_declarator":
        return None
    current = node.child_by_field_name("declarator")
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return current


def is_addressed(body: Node, name: str) -> bool:
    """Whether the address of the variable `name` is taken in a function."""
    return any(
        node.type == "pointer_expression"
        and node.children[0].type == "&"
        and _operand(node) == name
        for node in nodes(body)
    )


def is_counted(body: Node, name: str) -> bool:
    """Whether the variable `name` is counted up or down by ++ or --."""
    return any(node.type == "update_expression" and _operand(node) == name for node in nodes(body))


def _operand(node: Node) -> str:
    argument = node.child_by_field_name("argument")
    return name_of(strip(argument)) if argument is not None else ""


def own_names(source: Source, function: Function) -> frozenset[str]:
    """The parameters and variables that are gone when the function is left."""
    own = {name for node in function.parameters for name, _ in declared(node, source.path)}
    others: set[str] = set()
    for node in nodes(function.body):
        if node.type == "declaration":
            lasting = any(c.type == "storage_class_specifier" for c in node.children)
            names = {name for name, _ in declared(node, source.path)}
            (others if lasting and not _is_register(node) else own).update(names)
    return frozenset(own - others)


def _is_register(declaration: Node) -> bool:
    return any(c.text in (b"register", b"auto") for c in declaration.children)


def stored_to(target: Node, own: Collection[str]) -> str:
    """ "local" for a plain variable among `own`, else "elsewhere"."""
    local = target.type == "identifier" and name_of(target) in own
    return "local" if local else "elsewhere"


def root_of(node: Node) -> str:
    """The variable that an access path starts with, "" for anything else."""
    current: Node | None = node
    while current is not None and current.type != "identifier":
        if current.type == "parenthesized_expression" and current.named_children:
            current = current.named_children[0]
        elif current.type == "binary_expression":
            current = current.child_by_field_name("left")
        else:
            current = current.child_by_field_name("argument")
    return name_of(current) if current is not None else ""


def mentions(node: Node, names: Collection[str]) -> bool:
    """Whether one of `names` stands in `node`, sizeof() left out."""
    return any(
        n.type == "identifier" and name_of(n) in names for n in nodes(node, "sizeof_expression")
    )


def _stores(body: Node) -> Iterator[tuple[str, Node]]:
    """Each plain variable that something is stored to, with the value."""
    for node in nodes(body):
        value, target = value_of(node), target_of(node)
        if value is not None and target is not None and target.type == "identifier":
            yield name_of(target), value


def _links(body: Node, is_acquire: Callable[[Node], bool]) -> Iterator[tuple[str, str]]:
    """(from, to): the value of one variable goes into another, as it is or derived."""
    for target, value in _stores(body):
        for name in _values(value, is_acquire):
            yield name, target


def _values(node: Node, is_acquire: Callable[[Node], bool]) -> Iterator[str]:
    """The variables of which an expression has the value or something derived."""
    if node.type == "identifier":
        yield name_of(node)
    elif node.type == "call_expression":
        callee = node.child_by_field_name("function")
        function = knowledge().lookup(name_of(callee)) if callee is not None else None
        if is_acquire(node) or (function is not None and not function.result):
            return
        yield from (n for c in node.named_children[1:] for n in _values(c, is_acquire))
    elif node.type != "sizeof_expression":
        yield from (n for c in node.named_children for n in _values(c, is_acquire))


def _results(body: Node, is_acquire: Callable[[Node], bool]) -> Iterator[str]:
    """The variables that get what an acquire returned."""
    for target, value in _stores(body):
        while value.type == "parenthesized_expression" and value.named_children:
            value = value.named_children[0]
        if is_acquire(value):
            yield target


def _closure(start: set[str], links: list[tuple[str, str]]) -> set[str]:
    found = set(start)
    while True:
        more = {to for origin, to in links if origin in found} - found
        if not more:
            return found
        found |= more
