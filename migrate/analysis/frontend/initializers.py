# SPDX-License-Identifier: GPL-2.0-only
"""Initialisers outside of functions, which are not lowered: the members that they set by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.frontend.mentions import Mention
from migrate.analysis.frontend.nodes import name_of, nodes, top_level
from migrate.analysis.frontend.syntax import Source
from migrate.analysis.frontend.types import TypeRef, base_type, declared, pointer_depth
from migrate.kernel.words import whole_word


@dataclass(frozen=True)
class Initialised:
    """A variable at file scope with an initial value: the members that are set by name, each with
    the name it is set to, "" for another value; None if a member is set by position."""

    name: str
    const: bool
    members: Mapping[str, str] | None


def initialised(source: Source, tag: str) -> Iterator[Initialised]:
    """The variables at file scope that are a struct `tag` with an initial value."""
    for node in top_level(source.root):
        kind = base_type(node, source.path) if node.type == "declaration" else None
        if kind is None or kind.tag != tag:
            continue
        const = any(c.type == "type_qualifier" and c.text == b"const" for c in node.children)
        for declarator in node.children_by_field_name("declarator"):
            named = declarator.child_by_field_name("declarator")
            value = declarator.child_by_field_name("value")
            if named is not None and value is not None and named.type == "identifier":
                yield Initialised(name_of(named), const, _members(value))


def _members(listed: Node) -> Mapping[str, str] | None:
    found = dict[str, str]()
    pairs = [child for child in listed.named_children if child.type != "comment"]
    for pair in pairs:
        if pair.type != "initializer_pair":
            return None
        for designator in pair.children_by_field_name("designator"):
            if designator.type != "field_designator" or not designator.named_children:
                return None
            found[name_of(designator.named_children[0])] = _name(pair.child_by_field_name("value"))
    return found if listed.type == "initializer_list" else None


def _name(value: Node | None) -> str:
    if value is not None and value.type == "pointer_expression":
        value = value.child_by_field_name("argument")
    return name_of(value) if value is not None and value.type == "identifier" else ""


Step = str | None
"""A member, or None for an element of an array."""


@dataclass(frozen=True)
class InitialisedBy:
    """A value in an initialiser list: the `steps` by which it is reached, from the outside in, in a
    variable of `type`, or in an array with `depth` levels of such variables."""

    steps: tuple[Step, ...]
    type: TypeRef | None
    depth: int


def initialised_by(mention: Mention) -> InitialisedBy | None:
    """Where in a variable a value goes that is just a word, or its address; None if that is in no
    variable, or in the target of a pointer."""
    node = mention.node
    holder = node.parent
    if holder is not None and holder.type == "pointer_expression":
        holder = holder.parent
    if node.type != "identifier" or holder is None or holder.type != "initializer_pair":
        return None
    return _reached(holder, mention.source.path)


def _reached(pair: Node, path: str) -> InitialisedBy | None:
    holder: Node | None = pair
    steps: list[Step] = []
    while holder is not None and holder.type in ("initializer_pair", "initializer_list"):
        above = holder.parent
        if holder.type == "initializer_pair":
            steps[:0] = [
                name_of(d.named_children[0]) if d.type == "field_designator" else None
                for d in holder.children_by_field_name("designator")
            ]
        elif above is not None and above.type == "initializer_list":
            steps.insert(0, None)
        holder = above
    declarator = holder.child_by_field_name("declarator") if holder is not None else None
    if holder is None or holder.type != "init_declarator" or declarator is None:
        return None
    if not steps or holder.parent is None:
        return None
    if any(n.type == "pointer_declarator" for n in nodes(declarator)):
        return None
    kind = base_type(holder.parent, path)
    return InitialisedBy(tuple(steps), kind, pointer_depth(declarator))


@dataclass(frozen=True)
class Given:
    """The value that an initialiser gives to a member: a name, "" for a null pointer, None for
    anything else; `where` is None if the variable is not known."""

    value: str | None
    where: InitialisedBy | None


def given_to(source: Source, member: str) -> Iterator[Given]:
    """The values that the initialisers of a file, `{ .member = value }`, and its macros give to a
    member."""
    for match in whole_word(member).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None:
            continue
        if node.type == "preproc_arg":
            behind = source.text[match.end() : match.end() + 40].lstrip(b" \t\\\n")
            before = source.text[: match.start()].rstrip(b" \t\\\n")
            if before.endswith((b".", b"->")) and behind[:1] == b"=" and behind[:2] != b"==":
                yield Given(None, None)
            continue
        designator = node.parent
        pair = designator.parent if designator is not None else None
        if designator is None or designator.type != "field_designator" or pair is None:
            continue
        if pair.type == "initializer_pair":
            yield Given(_value(pair.child_by_field_name("value")), _reached(pair, source.path))


def sets_by_position(source: Source, tag: str) -> bool:
    """Whether the file initialises a struct `tag`, or an array of them, with a value by
    position."""
    for match in whole_word(tag).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        kind = node.parent if node is not None and node.type == "type_identifier" else None
        holder = kind.parent if kind is not None and kind.type == "struct_specifier" else None
        if holder is None:
            continue
        if holder.type == "type_descriptor":
            holder = holder.parent
        values = (
            [holder.child_by_field_name("value")]
            if holder is not None and holder.type == "compound_literal_expression"
            else [
                declared.child_by_field_name("value")
                for declared in (holder.named_children if holder is not None else ())
                if declared.type == "init_declarator"
            ]
        )
        if any(value is not None and _by_position(value) for value in values):
            return True
    return False


def _by_position(value: Node) -> bool:
    """Whether a list has a value without a name; elements of an array are checked separately."""
    if value.type != "initializer_list":
        return False
    children = [child for child in value.named_children if child.type != "comment"]
    if all(c.type == "number_literal" for c in children):
        return False  # `{ 0 }`
    for child in children:
        inner = child.child_by_field_name("value") if child.type == "initializer_pair" else child
        designators = child.children_by_field_name("designator")
        if designators and designators[0].type == "field_designator":
            continue
        if inner is None or inner.type != "initializer_list" or _by_position(inner):
            return True
    return False


def _value(node: Node | None) -> str | None:
    if node is not None and node.type == "pointer_expression" and (node.text or b"")[:1] == b"&":
        node = node.child_by_field_name("argument")
    if node is None or node.type not in ("identifier", "null", "number_literal"):
        return None
    return name_of(node) if node.type == "identifier" and node.text != b"NULL" else ""


def named_outside(source: Source, member: str) -> Iterator[frozenset[str]]:
    """For each mention of a member outside of functions the struct tags of the declarations that it
    initialises a part of, "" for a type without a tag; empty if it is not a designator. The
    declaration of the member itself is not a mention."""
    for match in whole_word(member).finditer(source.text):
        node = source.root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type != "field_identifier":
            continue
        if source.function_at(match.start()) is None and not _declares(node):
            yield _initialised(node, source.path)


def _declares(node: Node) -> bool:
    holder = node.parent
    while holder is not None and holder.type.endswith("declarator"):
        holder = holder.parent
    return holder is not None and holder.type == "field_declaration"


def _initialised(node: Node, path: str) -> frozenset[str]:
    holder, tags = node.parent, set[str]()
    if holder is None or holder.type != "field_designator":
        return frozenset()
    while holder is not None:
        written = holder if holder.type == "declaration" else None
        if holder.type == "compound_literal_expression":
            written = holder.child_by_field_name("type")
        kind = base_type(written, path) if written is not None else None
        if written is not None:
            tags.add(kind.tag if kind is not None and kind.tag.isidentifier() else "")
        holder = holder.parent
    return frozenset(tags)


def by_position(source: Source, tags: Collection[str]) -> bool:
    """Whether a variable at file scope whose type is one of `tags`, or "" for a type that is not a
    named struct, has a member set by position to anything but 0."""
    for node in top_level(source.root):
        kind = base_type(node, source.path) if node.type == "declaration" else None
        inside = any(of.inside for _, of in declared(node, source.path)) if kind else False
        if kind is None or not inside or (kind.tag if kind.tagged else "") not in tags:
            continue
        if not kind.tagged and set(kind.tag.split()) <= _NUMBERS:
            continue
        lists = (n for n in nodes(node) if n.type == "initializer_list")
        if any(_is_set(child) for listed in lists for child in listed.named_children):
            return True
    return False


_NUMBERS = frozenset(
    {"bool", "_Bool", "char", "short", "int", "long", "signed", "unsigned"}
    | {
        f"{prefix}{sign}{bits}"
        for prefix in ("", "__")
        for sign in "us"
        for bits in (8, 16, 32, 64)
    }
)
"""The words of types that are numbers, and no structs by another name."""


def _is_set(child: Node) -> bool:
    return child.type not in ("initializer_pair", "initializer_list", "comment") and (
        child.text not in (b"0", b"NULL")
    )
