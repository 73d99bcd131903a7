# SPDX-License-Identifier: GPL-2.0-only
"""A page and a flag in members of one struct that are only ever stored together.

Then what an object says by its flag is true of its page, whoever asks and whenever.
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from migrate.analysis.flags.flag_states import Term, packed, term
from migrate.analysis.flags.reaching_stores import Members
from migrate.analysis.frontend.syntax import Source, find_first, name_of, nodes, strip
from migrate.analysis.frontend.types import TypeRef, base_type
from migrate.analysis.frontend.words import whole_word
from migrate.analysis.heap.copies import other_names
from migrate.analysis.heap.may_alias import MayAlias
from migrate.analysis.heap.unmodelled_uses import unclear_mentions
from migrate.analysis.heap.untyped_writes import may_store_bytes
from migrate.analysis.ir.model import Flow, FunctionFacts
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.known_callee import known_callee
from migrate.analysis.program.location import Member, Untyped
from migrate.analysis.program.program import Program


@dataclass(frozen=True)
class PairStore:
    """`owner.page = page; owner.flag = flag;` with nothing but plain assignments between: `at` is
    the assignment of the page, `page` and `flag` are the values."""

    facts: FunctionFacts
    flow: Flow
    at: Node
    page: Node
    flag: Node


def pair_stores(
    program: Program, apart: MayAlias, page: Member, flag: Member, path: str
) -> tuple[PairStore, ...] | None:
    """Every store of a page into the member `page`, each with that of `flag` next to it; None when
    one of the two may be stored without the other. `path` is a file that sees the struct."""
    if not _are_plain(program, page, flag, path, 1):
        return None
    if may_store_bytes(program, apart, (page, flag), path):
        return None
    found: list[PairStore] = []
    paired: set[tuple[str, int]] = set()
    for user in program.cells.member_users(page, path):
        for flow, via in program.cells.mentions(user, page).targets:
            at = _assignment(program, user, flow)
            if at is None or via or flow.through:
                return None
            paired.add((user.function.path, at.start_byte))
            if flow.null:
                continue
            beside = _beside(program, user, at, flag.word)
            value = at.child_by_field_name("right")
            stored = beside.child_by_field_name("right") if beside is not None else None
            if beside is None or value is None or stored is None:
                return None
            paired.add((user.function.path, beside.start_byte))
            found.append(PairStore(user, flow, at, strip(value), strip(stored)))
    closed = all(_only_stored_at(program, apart, c, path, paired) for c in (page, flag))
    return tuple(found) if closed else None


@dataclass(frozen=True)
class ArrayStore:
    """`owner->array = local;` in the only function that stores to the array and the flag."""

    facts: FunctionFacts
    members: Members
    local: str


def array_store(
    program: Program, apart: MayAlias, array: Member, flag: Member, path: str
) -> ArrayStore | None:
    """Where an object gets its array of pages; None when that or its flag may be stored to
    elsewhere. `path` is a file that sees the struct."""
    if not _are_plain(program, array, flag, path, 2):
        return None
    if may_store_bytes(program, apart, (array, flag), path):
        return None
    found: list[ArrayStore] = []
    stores: set[tuple[str, int]] = set()
    for user in program.cells.member_users(array, path):
        for flow, via in program.cells.mentions(user, array).targets:
            if flow.through:
                continue
            at = _assignment(program, user, flow)
            if at is None or via:
                return None
            stores.add((user.function.path, at.start_byte))
            if not flow.null:
                made = _array_store(program, user, at, flag.word)
                if made is None:
                    return None
                found.append(made)
    if len(found) != 1:
        return None
    stores |= _stores_of(program, found[0])
    closed = all(_only_stored_at(program, apart, c, path, stores) for c in (array, flag))
    return found[0] if closed else None


def _array_store(program: Program, facts: FunctionFacts, at: Node, flag: str) -> ArrayStore | None:
    source = program.source(facts.function.path)
    left, right = at.child_by_field_name("left"), at.child_by_field_name("right")
    stored = term(source, left) if source is not None and left is not None else None
    value = strip(right) if right is not None else None
    if stored is None or value is None or value.type != "identifier":
        return None
    if stored.owner not in facts.types or stored.variables != {stored.owner}:
        return None
    members = Members(stored.owner, stored.text, _sibling(stored.text, flag))
    return ArrayStore(facts, members, name_of(value))


def _stores_of(program: Program, store: ArrayStore) -> set[tuple[str, int]]:
    """The plain assignments of the flag in the function that stores the array."""
    path = store.facts.function.path
    source = program.source(path)
    found = set()
    for node in nodes(store.facts.function.body):
        left = node.child_by_field_name("left")
        operator = node.child_by_field_name("operator")
        if source is None or node.type != "assignment_expression" or left is None:
            continue
        plain = operator is not None and operator.type == "="
        if plain and packed(source, left) == store.members.flag:
            found.add((path, node.start_byte))
    return found


def member_type(program: Program, cell: Member, path: str) -> TypeRef | None:
    """The type of a member of a named struct, through unnamed structs in it."""
    body = program.types.struct(cell.tag, path)
    kind: TypeRef | None = None
    for name in cell.members:
        kind = body.members.get(name) if body is not None else None
        body = kind.inline if kind is not None else None
    return kind


def _are_plain(program: Program, page: Member, flag: Member, path: str, depth: int) -> bool:
    """Whether both are members of one struct of the driver, a number and a pointer of that `depth`
    to pages, whose memory has no other name."""
    if page.tag != flag.tag or program.types.is_public(page.tag, path):
        return False
    kinds = [member_type(program, cell, path) for cell in (page, flag)]
    if kinds[0] is None or kinds[1] is None or kinds[1].depth or kinds[1].inline is not None:
        return False
    if (kinds[0].tag, kinds[0].depth) != ("page", depth) or kinds[1].tagged:
        return False
    return not _in_union(program, page.tag, path) and not any(
        True
        for cell in (page, flag)
        for _ in (
            *unclear_mentions(program, cell, program.cells.member_files(cell, path) or ()),
            *other_names(program, cell, path),
        )
    )


def _in_union(program: Program, tag: str, path: str) -> bool:
    """Whether a union is in the struct or has it inside, or its definition is not understood."""
    body = program.types.struct(tag, path)
    if body is None:
        return True
    for file in program.files_with(body.path, tag):
        source = program.source(file)
        for node in nodes(source.root) if source is not None else ():
            if node.type not in ("struct_specifier", "union_specifier"):
                continue
            named, inside = node.child_by_field_name("name"), node.child_by_field_name("body")
            if inside is None:
                continue
            is_it = named is not None and name_of(named) == tag
            if is_it and (inside.has_error or find_first(inside, "union_specifier") is not None):
                return True
            has_it = any(n.type == "type_identifier" and name_of(n) == tag for n in nodes(inside))
            if has_it and (node.type == "union_specifier" or _is_inside_union(node)):
                return True
    return False


def _is_inside_union(node: Node) -> bool:
    holder = node.parent
    while holder is not None and holder.type != "union_specifier":
        holder = holder.parent
    return holder is not None


def _assignment(program: Program, facts: FunctionFacts, flow: Flow) -> Node | None:
    """The statement `member = value;` that a flow was read from."""
    source = program.source(facts.function.path)
    if source is None or source.origin is not None:
        return None
    for node in nodes(facts.function.body):
        if node.type == "assignment_expression" and source.place(node) == flow.place:
            operator, holder = node.child_by_field_name("operator"), node.parent
            left = node.child_by_field_name("left")
            plain = operator is not None and operator.type == "=" and holder is not None
            if not plain or left is None or strip(left).type != "field_expression":
                return None
            return node if holder is not None and holder.type == "expression_statement" else None
    return None


def _beside(program: Program, facts: FunctionFacts, at: Node, word: str) -> Node | None:
    """The assignment of the member `word` of the same object, in the same block as `at`, with
    only plain assignments between that store to nothing that the two are made of."""
    source = program.source(facts.function.path)
    own, statement = at.child_by_field_name("left"), at.parent
    mine = term(source, own) if source is not None and own is not None else None
    if source is None or mine is None or statement is None or statement.parent is None:
        return None
    if not mine.variables <= facts.types.keys():
        return None  # a macro may mean another object each time
    if statement.parent.type != "compound_statement":
        return None
    block = statement.parent.named_children
    here = block.index(statement)
    for step in (-1, 1):
        number, between = here + step, list[Node]()
        while 0 <= number < len(block):
            other = _plain_assignment(block[number])
            left = other.child_by_field_name("left") if other is not None else None
            found = term(source, left) if left is not None else None
            if other is None or found is None:
                break
            if found.owner == mine.owner and found.text == _sibling(mine.text, word):
                return other if _leave_alone(source, between, mine, (at, other)) else None
            between.append(other)
            number += step
    return None


def _plain_assignment(statement: Node) -> Node | None:
    """The assignment that the whole statement is, without any call."""
    inner = statement.named_children[0] if statement.named_children else None
    if statement.type != "expression_statement" or inner is None:
        return None
    if inner.type != "assignment_expression" or any(
        n.type in ("call_expression", "update_expression") for n in nodes(inner)
    ):
        return None
    right = inner.child_by_field_name("right")
    nested = right is None or any(n.type == "assignment_expression" for n in nodes(right))
    return None if nested else inner


def _sibling(text: str, word: str) -> str:
    """The text of another member of the same object."""
    cut = max(text.rfind("."), text.rfind(">")) + 1
    return text[:cut] + word


def _leave_alone(
    source: Source, between: list[Node], mine: Term, stores: tuple[Node, Node]
) -> bool:
    """Whether the assignments `between` change nothing of what two others store, and where: they
    store to variables that these do not name, or to other members of the same object."""
    if not between:
        return True
    values = [n.child_by_field_name("right") for n in stores]
    if any(v is None or not _is_simple(strip(v)) for v in values):
        return False
    used = mine.variables | {name_of(strip(v)) for v in values if v is not None}
    for node in between:
        left = node.child_by_field_name("left")
        target = term(source, left) if left is not None else None
        if target is None:
            return False
        own = target.owner == mine.owner and target.member not in mine.owner
        if target.owner and not own:
            return False
        if not target.owner and target.text in used:
            return False
    return True


def _is_simple(value: Node) -> bool:
    """Whether no store to a member can change what `value` is."""
    return value.type in ("identifier", "number_literal", "true", "false", "null")


# Every other mention


def _only_stored_at(
    program: Program,
    apart: MayAlias,
    cell: Member,
    path: str,
    stores: set[tuple[str, int]],
) -> bool:
    """Whether nothing but the assignments `stores` can change the member."""
    word = cell.word
    files = program.cells.member_files(cell, path)
    for name in files if files is not None else ():
        source = program.source(name)
        for match in whole_word(word).finditer(source.text) if source is not None else ():
            assert source is not None
            node = source.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or node.type != "field_identifier":
                continue
            if not _is_harmless(program, apart, source, node, cell, stores):
                return False
    return files is not None


def _is_harmless(
    program: Program,
    apart: MayAlias,
    source: Source,
    node: Node,
    cell: Member,
    stores: set[tuple[str, int]],
) -> bool:
    holder = node.parent
    if holder is None:
        return False
    if holder.type == "field_expression":
        function = source.function_at(node.start_byte)
        if function is None:
            return False
        named = program.cells.named(program.facts(function), name_of(node))
        if cell not in named and not any(isinstance(c, Untyped) for c in named):
            return True
        return _is_read(program, source, holder) or _is_store(source, holder, stores)
    if holder.type == "field_designator":
        return _initialises_another(apart, source, holder, cell)
    while holder is not None and holder.type.endswith("declarator"):
        holder = holder.parent
    return holder is not None and holder.type == "field_declaration"


def _is_store(source: Source, member: Node, stores: set[tuple[str, int]]) -> bool:
    holder = member.parent
    while holder is not None and holder.type == "parenthesized_expression":
        holder = holder.parent
    if holder is None or holder.type != "assignment_expression":
        return False
    return (source.path, holder.start_byte) in stores


def _is_read(program: Program, source: Source, member: Node) -> bool:
    """Whether the value of a member is all that is taken here."""
    node, holder = member, member.parent
    while holder is not None and holder.type == "parenthesized_expression":
        node, holder = holder, holder.parent
    if holder is None or holder.type in ("update_expression", "cast_expression"):
        return holder is not None and holder.type == "cast_expression"
    if holder.type == "assignment_expression":
        return holder.child_by_field_name("left") != node
    if holder.type == "pointer_expression":
        return holder.children[0].type != "&"
    if holder.type == "argument_list":
        call = holder.parent
        callee = call.child_by_field_name("function") if call is not None else None
        return callee is not None and takes_values(program, name_of(callee), source.path)
    return True


def takes_values(program: Program, name: str, path: str) -> bool:
    """Whether a function by that name gets the values of its arguments, and no more."""
    known = known_callee(program, name, path)
    if known is not None:
        return not known.stores
    meant = program.definitions(name, path)
    return bool(meant) and not any(is_macro(f) for f in meant)


def _initialises_another(apart: MayAlias, source: Source, node: Node, cell: Member) -> bool:
    """Whether the initialiser is one of a struct that has nothing to do with this one."""
    holder: Node | None = node
    kinds: set[str] = set()
    while holder is not None:
        if holder.type in ("declaration", "compound_literal_expression"):
            kind = base_type(holder, source.path)
            kinds.add(kind.tag if kind is not None else "")
        holder = holder.parent
    return bool(kinds) and "" not in kinds and not kinds & apart.family(cell.tag, source.path)
