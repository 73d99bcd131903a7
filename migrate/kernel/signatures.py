# SPDX-License-Identifier: GPL-2.0-only
"""The GUP family of a tree, with the signatures in its own headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from migrate.kernel.tree import Tree

GUP_NAMES = (
    "get_user_pages",
    "get_user_pages_fast",
    "get_user_pages_remote",
    "get_user_pages_locked",
    "get_user_pages_unlocked",
    "get_user_pages_longterm",
    "get_user_pages_fast_only",
    "get_user_page_fast_only",
    "__get_user_pages_fast",
    "__get_user_pages_unlocked",
    "get_user_page_vma_remote",
    "get_user_page_nowait",
)
"""Every function of 4.9 to 6.12 that takes plain references to user pages."""

PIN_NAMES = (
    "pin_user_pages",
    "pin_user_pages_fast",
    "pin_user_pages_fast_only",
    "pin_user_pages_remote",
    "pin_user_pages_locked",
    "pin_user_pages_unlocked",
    "vaddr_pin_pages",
    "vaddr_pin_pages_fast",
    "vaddr_pin_pages_remote",
    "vaddr_pin_pages_locked",
    "vaddr_pin_pages_unlocked",
    "vaddr_pin_pages_longterm",
    "vaddr_pin_page_vma_remote",
)
"""The functions that take pins, in mainline and in the vaddr-pin profile."""

DIRECT_NAMES = frozenset((*GUP_NAMES, *PIN_NAMES))
"""Every function that takes references or pins itself; any other one is a helper."""

LOOKUP_NAMES = frozenset({"vaddr_get_page", "vaddr_get_page_locked"})
"""The functions of the vaddr-pin profile that take a plain reference to look at a page."""

TWIN_NAMES = frozenset(f"iov_iter_vaddr_pin_pages{kind}" for kind in ("", "_alloc", "2", "_alloc2"))
"""The functions of the vaddr-pin profile that pin pages of user memory and borrow all others."""

RELEASE_NAMES = (
    "put_user_page",
    "put_user_pages",
    "put_user_pages_dirty",
    "put_user_pages_dirty_lock",
    "unmap_and_put_user_folio",
    "unmap_and_put_user_page",
    "unpin_user_page",
    "unpin_user_pages",
    "unpin_user_pages_dirty_lock",
    "release_pages",
    "follow_page",
)

_HEADERS = (
    "include/linux/mm.h",
    "include/linux/pagemap.h",
    "include/linux/mmap_lock.h",
    "include/linux/pagewalk.h",
    "include/linux/uio.h",
)
_PAGES_ROLES = ("pages", "page", "pagep")

_PARSER = Parser(Language(tree_sitter_c.language()))


@dataclass(frozen=True)
class Parameter:
    """One parameter of a prototype: its type as written, without its name, and its name."""

    type: str
    name: str


@dataclass(frozen=True)
class Signature:
    """A function as a header of the tree declares it."""

    name: str
    return_type: str
    parameters: tuple[Parameter, ...]
    header: str

    @property
    def pages_position(self) -> int | None:
        """The position of the argument that receives the pages, or None if there is none."""
        for position, parameter in enumerate(self.parameters):
            if parameter.name in _PAGES_ROLES and "page" in parameter.type:
                return position
        return None


def read_signatures(tree: Tree, more: Iterable[str] = ()) -> dict[str, Signature]:
    """The GUP, pin and release functions that the headers of `tree` declare, by name.

    `more` are further functions to look for, such as those of a profile.
    """
    wanted = frozenset((*GUP_NAMES, *PIN_NAMES, *LOOKUP_NAMES, *RELEASE_NAMES, *more))
    found: dict[str, Signature] = {}
    for header, text in tree.read_many(_HEADERS).items():
        for declarator, owner in _function_declarators(_PARSER.parse(text).root_node, None):
            signature = _signature(declarator, owner, header, wanted)
            if signature is not None:
                found.setdefault(signature.name, signature)
    return found


def _function_declarators(node: Node, owner: Node | None) -> Iterator[tuple[Node, Node]]:
    if node.type == "function_declarator" and owner is not None:
        yield node, owner
        return
    if node.type in ("declaration", "function_definition"):
        owner = node
    if node.type == "compound_statement":
        return
    for child in node.children:
        yield from _function_declarators(child, owner)


def _signature(
    declarator: Node, owner: Node, header: str, wanted: frozenset[str]
) -> Signature | None:
    named = declarator.child_by_field_name("declarator")
    listed = declarator.child_by_field_name("parameters")
    if named is None or listed is None or _text(named) not in wanted:
        return None
    spec = owner.child_by_field_name("type")
    parameters = tuple(
        _parameter(child)
        for child in listed.named_children
        if child.type == "parameter_declaration"
    )
    returns = _text(spec) if spec is not None else ""
    stars = "*" if declarator.parent is not None and "pointer" in declarator.parent.type else ""
    return Signature(_text(named), f"{returns} {stars}".strip(), parameters, header)


def _parameter(node: Node) -> Parameter:
    declarator = node.child_by_field_name("declarator")
    name = declarator
    while name is not None and name.type != "identifier":
        name = name.child_by_field_name("declarator")
    if name is None:
        return Parameter(_text(node), "")
    whole = (node.text or b"").decode("utf-8", "replace")
    at = name.start_byte - node.start_byte
    kept = whole[:at] + whole[at + (name.end_byte - name.start_byte) :]
    return Parameter(" ".join(kept.split()), _text(name))


def _text(node: Node) -> str:
    return " ".join((node.text or b"").decode("utf-8", "replace").split())
