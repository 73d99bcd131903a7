# SPDX-License-Identifier: GPL-2.0-only
"""Whether everything that may change two members of a struct is known: their memory has no other
name, no address escapes, no bytes are written over them, and there are no other stores than those
that were examined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from migrate.analysis.frontend import initializers
from migrate.analysis.frontend.kernel_api import Flow, Form, Link, at
from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.heap.by_position import by_position, initial_stores
from migrate.analysis.heap.families import definitions_in, with_unnamed
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.heap.names.other_names import other_names
from migrate.analysis.heap.unmodelled_uses import unclear_mentions
from migrate.analysis.heap.untyped_writes import may_store_bytes
from migrate.analysis.ir.expressions import (
    AddressOf,
    Expression,
    Member,
    Opaque,
)
from migrate.analysis.ir.instructions import Invoke, Lowered, Store, all_expressions
from migrate.analysis.ir.model import FunctionFacts
from migrate.analysis.model import Place
from migrate.analysis.program import location
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import DIRECT_NAMES

_SETTING_FIRST = frozenset({"get_user", "__get_user", "unsafe_get_user"})
"""The macros of the kernel that store what they read from user memory into their first argument."""

Cells = tuple[location.Member, location.Member]
"""The page, or the array of pages, and the flag."""


def are_page_and_flag(program: Program, cells: Cells, path: str, depth: int) -> bool:
    """Whether both are members of one struct of the driver, a pointer of that `depth` to pages and
    a number. `path` is a file that sees the struct."""
    page, flag = cells
    if page.tag != flag.tag or program.types.is_public(page.tag, path):
        return False
    pointer = member_type(program, page, path)
    if pointer is None or (pointer.tag, pointer.depth) != ("page", depth):
        return False
    return is_flag(program, flag, path)


def is_flag(program: Program, cell: location.Member, path: str) -> bool:
    """Whether a member is a number."""
    number = member_type(program, cell, path)
    if number is None or number.depth or number.inline:
        return False
    # A type with a tag is an enum, or a struct, which is no flag.
    return not number.tagged or program.types.struct(number.tag, path) is None


def are_closed(
    program: Program,
    apart: MayAlias,
    cells: Cells,
    path: str,
    stores: Collection[Place],
    *,
    cleared: bool = True,
) -> bool:
    """Whether nothing but the assignments at `stores` can change the members `cells`; with
    `cleared`, setting the whole object to 0 is allowed, too."""
    if _is_overlaid(program, apart, cells[0].tag, path):
        return False
    if any(True for cell in cells for _ in _doubts(program, cell, path)):
        return False
    if may_store_bytes(program, apart, cells, path, cleared=cleared):
        return False
    if _sets_by_position(program, apart, cells[0].tag, path):
        return False
    return all(_only_stored_at(program, apart, cell, path, stores) for cell in cells)


# Other names for the memory


def _doubts(program: Program, cell: location.Member, path: str) -> Iterator[object]:
    yield from unclear_mentions(program, cell, program.cells.member_files(cell, path) or ())
    yield from other_names(program, cell, path)


def member_type(program: Program, cell: location.Member, path: str) -> TypeRef | None:
    """The type of a member of a named struct, through unnamed structs in it."""
    body = program.types.struct(cell.tag, path)
    kind: TypeRef | None = None
    for name in cell.members:
        kind = body.members.get(name) if body is not None else None
        body = kind.inline if kind is not None else None
    return kind


def _is_overlaid(program: Program, apart: MayAlias, tag: str, path: str) -> bool:
    """Whether the struct contains a union or is in one, or its definition is not understood."""
    body = program.types.struct(tag, path)
    if body is None or body.garbled or any(inner.unions for inner in with_unnamed(body)):
        return True
    family = apart.family(tag, path)
    return any(
        kind.inside and program.types.resolve(kind, file).tag in family
        for inside in family
        for file in program.types.naming(inside, body.path)
        for outer in definitions_in(program, file, inside)
        for inner in with_unnamed(outer)
        for kind in (inner.members[name] for name in inner.unions)
    )


# Every mention


def _only_stored_at(
    program: Program, apart: MayAlias, cell: location.Member, path: str, stores: Collection[Place]
) -> bool:
    """Whether nothing but the assignments `stores` can change a member by its name."""
    word = cell.word
    kind = member_type(program, cell, path)
    depth = kind.depth if kind is not None else 1
    files = program.cells.member_files(cell, path)
    family = apart.family(cell.tag, path) | {""}
    for file in files if files is not None else ():
        source = program.source(file)
        if source is None or source.unread:
            return False
        if any(not tags or tags & family for tags in initializers.named_outside(source, word)):
            return False
        if initializers.by_position(source, family):
            return False
        for facts in program.functions_with(file, word):
            if _initialises(facts, word, family) or _takes_place(facts.lowered, word):
                return False
            named = program.cells.named(facts, word)
            meant = cell in named or any(isinstance(c, location.Untyped) for c in named)
            if meant and not _only_reads(program, facts, word, stores, depth):
                return False
    return files is not None


def _initialises(facts: FunctionFacts, word: str, family: Collection[str]) -> bool:
    """Whether an initialiser of one of a family of structs names a member."""
    return any(_is_named(i.target, word) for i in initial_stores(facts, family))


def _sets_by_position(program: Program, apart: MayAlias, tag: str, path: str) -> bool:
    """Whether an initialiser in a function sets a member by position, in a struct `tag` or in one
    that contains it."""
    family = apart.family(tag, path)
    return any(
        by_position(i)
        for word in sorted(apart.words(tag, path))
        for file in program.files_with(path, word)
        for facts in program.functions_with(file, word)
        for i in initial_stores(facts, family)
    )


def _takes_place(lowered: Lowered, word: str) -> bool:
    """Whether a function computes the offset of a member, or takes its address."""
    return any(
        (isinstance(e, AddressOf) and _is_named(e.object, word))
        or (isinstance(e, Opaque) and e.text.startswith("offsetof") and word in e.text)
        for e in all_expressions(lowered)
    )


def _only_reads(
    program: Program,
    facts: FunctionFacts,
    word: str,
    stores: Collection[Place],
    depth: int,
) -> bool:
    """Whether a function only reads members with the name `word`, apart from `stores`."""
    for i in facts.lowered.order:
        match i:
            case Store(target) if _is_named(target, word) and i.place not in stores:
                return False
            case Invoke(arguments=given):
                named = (n for n, a in enumerate(given) if _is_named(a, word))
                if not i.name and not i.unclear and not is_macro(facts.function):
                    continue  # a pointer points to a function, which gets the value
                if any(_may_set(program, i, n, facts.function.path, depth) for n in named):
                    return False
    return True


def _may_set(program: Program, call: Invoke, position: int, path: str, depth: int) -> bool:
    """Whether a call may store to the member that is its argument number `position`. A function
    only gets the value, a macro may do anything; a store through a pointer is not a store to the
    pointer."""
    if call.name in DIRECT_NAMES:
        return False
    known = known_callee(program, call.name, path)
    if position == 0 and call.name in _SETTING_FIRST:
        return True
    if known is not None:
        if known.bytes.sets(position) and (not depth or known.bytes.from_elsewhere):
            return True
        count = len(call.arguments)
        if not depth:
            return known.swaps or known.may_set(position, count)
        return known.swaps or any(_sets_pointer(f, position, count, depth) for f in known.flows)
    meant = program.definitions(call.name, path)
    if meant:
        return any(is_macro(f) for f in meant)
    return not call.name or not program.corpus.public_files(call.name)


def _sets_pointer(flow: Flow, position: int, count: int, depth: int) -> bool:
    """Whether a flow ends in an argument that is a pointer of that `depth` itself, not in what it
    points to, as the pages in an array."""
    behind = flow.link is Link.BYTES or (flow.after is Form.SCATTER and not flow.walks)
    behind |= depth > 1 and flow.after is Form.PAGE and not flow.walks
    return at(flow.target, count) == position and not behind


def _is_named(expression: Expression, word: str) -> bool:
    return isinstance(expression, Member) and expression.name == word
