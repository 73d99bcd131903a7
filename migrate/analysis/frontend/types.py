# SPDX-License-Identifier: GPL-2.0-only
"""The types in declarations, as far as they are needed to follow struct members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from migrate.analysis.frontend.nodes import declarator_name, name_of, top_level
from migrate.analysis.frontend.syntax import Source

SHORT = frozenset(
    {"bool", "int", "unsigned int", "unsigned", "char", "u8", "u16", "u32", "s8", "s16", "s32"}
    | {"__u8", "__u16", "__u32", "__be16", "__be32", "__le16", "__le32"}
)
"""Types that are too small for a pointer."""

SCALARS = SHORT | frozenset(
    {"void", "long", "unsigned long", "u64", "s64", "__u64", "__s64", "__be64", "__le64", "size_t"}
    | {"ssize_t", "loff_t", "dma_addr_t", "phys_addr_t", "gfp_t", "pgoff_t", "uintptr_t"}
)
"""Typedef names that are the same number type everywhere."""


@dataclass(frozen=True)
class TypeRef:
    """A type by its struct tag (or typedef name), with its number of pointers and arrays.

    `inline` is set for a struct or union without a name, whose members belong to its parent.
    """

    tag: str
    depth: int
    inline: StructDef | None = None
    tagged: bool = field(default=False, compare=False)
    """Whether it is written with struct, union or enum, and so is no typedef."""
    inside: bool = field(default=False, compare=False)
    """Whether the declared object contains the type itself, possibly in an array, and no pointer to
    it."""
    array: bool = field(default=False, compare=False)
    """Whether the declared object is an array, of pointers or anything else."""


@dataclass(frozen=True)
class StructDef:
    """The members of one struct or union, including those of unnamed members.

    `shared` has the members of unions that share their memory with another one that may be a page;
    `unions` has all members of unions. `garbled` says that the parser did not understand the
    definition.
    """

    tag: str
    path: str
    members: dict[str, TypeRef] = field(hash=False)
    shared: frozenset[str] = frozenset()
    unions: frozenset[str] = frozenset()
    garbled: bool = False


@dataclass(frozen=True)
class Declarations:
    """What one file declares at file scope."""

    structs: dict[str, StructDef]
    typedefs: dict[str, TypeRef]
    variables: dict[str, TypeRef]
    unread: bool = False
    """Whether the file is not analysed, so that it may declare anything."""


def base_type(node: Node, path: str = "") -> TypeRef | None:
    """The type of a declaration, parameter or field, without its declarators' pointers."""
    spec = node.child_by_field_name("type")
    if spec is None:
        return None
    if spec.type in ("struct_specifier", "union_specifier", "enum_specifier"):
        named = spec.child_by_field_name("name")
        body = spec.child_by_field_name("body")
        if named is not None:
            return TypeRef(name_of(named), 0, None, True)
        if body is not None and spec.type != "enum_specifier":
            return TypeRef("", 0, struct_definition(spec, path))
        return None
    return TypeRef(name_of(spec), 0)


def pointer_depth(declarator: Node) -> int:
    """The number of pointers and arrays between a declarator and its name."""
    return len(_pointers(declarator))


def _pointers(declarator: Node) -> list[bool]:
    """The pointers and arrays between a declarator and its name, True for a pointer."""
    found, current = list[bool](), declarator
    while True:
        if current.type in ("pointer_declarator", "array_declarator"):
            found.append(current.type == "pointer_declarator")
        inner = current.child_by_field_name("declarator")
        if inner is None:
            inner = next((c for c in current.named_children if "declarator" in c.type), None)
        if inner is None:
            return found
        current = inner


def declared(node: Node, path: str = "") -> list[tuple[str, TypeRef]]:
    """The names that a declaration or parameter declares, with their types."""
    return _declared_as(base_type(node, path), node)


def _declared_as(base: TypeRef | None, node: Node) -> list[tuple[str, TypeRef]]:
    if base is None:
        return []
    found = []
    for declarator in node.children_by_field_name("declarator"):
        name = declarator_name(declarator)
        if name is not None:
            levels = _pointers(declarator)
            inside, array = not any(levels), bool(levels) and not levels[-1]
            kind = TypeRef(base.tag, len(levels), base.inline, base.tagged, inside, array)
            found.append((name, kind))
    return found


def struct_definition(spec: Node, path: str) -> StructDef:
    """The members of a struct or union specifier that has a body."""
    named = spec.child_by_field_name("name")
    members: dict[str, TypeRef] = {}
    shared: frozenset[str] = frozenset()
    unions: frozenset[str] = frozenset()
    body = spec.child_by_field_name("body")
    for child in _fields(body) if body is not None else ():
        base = base_type(child, path)
        names = _declared_as(base, child)
        members.update(names)
        if not names and base is not None and base.inline is not None:
            members.update(base.inline.members)
            shared |= base.inline.shared
            unions |= base.inline.unions
    if spec.type == "union_specifier":
        shared |= _sharing(members)
        unions = frozenset(members)
    tag = name_of(named) if named is not None else ""
    return StructDef(tag, path, members, shared, unions, body is not None and body.has_error)


def _sharing(members: dict[str, TypeRef]) -> frozenset[str]:
    """The members of a union that are beside another one that may be a page."""
    pages = frozenset(n for n, kind in members.items() if _may_hold_page(kind) or _is_any(kind))
    if len(pages) > 1:
        return frozenset(members)
    return frozenset(members) - pages if pages else pages


def _may_hold_page(kind: TypeRef) -> bool:
    if kind.inline is not None:
        return any(_may_hold_page(inner) for inner in kind.inline.members.values())
    return kind.depth > 0 and (
        kind.tag in ("page", "folio") or (kind.tag, kind.depth) == ("void", 1)
    )


def _is_any(kind: TypeRef) -> bool:
    """Whether it points to pointers to anything, as `void **`. In a struct beside pages, such an
    array holds addresses."""
    return kind.inline is None and kind.tag == "void" and kind.depth > 0


_DECLARING = ("declaration", "type_definition")
_NO_STRUCTS = frozenset(
    {"compound_statement", "initializer_list", "identifier", "field_identifier", "type_identifier"}
    | {"primitive_type", "number_literal", "comment"}
)
"""Nodes in which structs are not searched."""


def declarations(source: Source) -> Declarations:
    """All structs, typedefs and variables at file scope of `source`, nested structs included."""
    structs: dict[str, StructDef] = {}
    typedefs: dict[str, TypeRef] = {}
    variables: dict[str, TypeRef] = {}
    if source.unread:
        return Declarations(structs, typedefs, variables, unread=True)
    try:
        _declare(source, structs, typedefs, variables)
    except RecursionError:
        return Declarations({}, {}, {}, unread=True)
    return Declarations(structs, typedefs, variables)


def _declare(
    source: Source,
    structs: dict[str, StructDef],
    typedefs: dict[str, TypeRef],
    variables: dict[str, TypeRef],
) -> None:
    for node in top_level(source.root):
        if node.type not in ("struct_specifier", "union_specifier", *_DECLARING):
            continue
        # Only specifiers with a body define something, and most declarations have none.
        if source.text.find(b"{", node.start_byte, node.end_byte) >= 0:
            _collect_structs(node, source.path, structs)
        if node.type == "declaration":
            variables.update(declared(node, source.path))
        elif node.type == "type_definition":
            typedefs.update(_named(declared(node, source.path)))


def _named(names: list[tuple[str, TypeRef]]) -> Iterator[tuple[str, TypeRef]]:
    """The types that a typedef defines. A struct without a tag gets the first typedef name that is
    no pointer as its tag, so that `T` and `*PT` belong to one struct."""
    tag = next((name for name, kind in names if kind.depth == 0), names[0][0] if names else "")
    for name, kind in names:
        inline = kind.inline
        named = replace(kind, inline=replace(inline, tag=tag)) if inline is not None else kind
        yield name, named if not kind.tag else kind


def _fields(body: Node) -> list[Node]:
    found = []
    for child in body.named_children:
        if child.type == "field_declaration":
            found.append(child)
        elif child.type.startswith("preproc_") or child.type == "ERROR":
            found.extend(_fields(child))
    return found


def _collect_structs(declaration: Node, path: str, into: dict[str, StructDef]) -> None:
    queue = [declaration]
    while queue:
        node = queue.pop()
        if node.type in ("struct_specifier", "union_specifier"):
            named = node.child_by_field_name("name")
            if named is not None and node.child_by_field_name("body") is not None:
                into[name_of(named)] = struct_definition(node, path)
        queue.extend(c for c in reversed(node.named_children) if c.type not in _NO_STRUCTS)


# The order of members
