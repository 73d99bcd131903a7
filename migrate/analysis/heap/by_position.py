# SPDX-License-Identifier: GPL-2.0-only
"""Pages that an initialiser stores into a struct by position, without naming the member."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from migrate.analysis.frontend.types import SHORT
from migrate.analysis.gaps import Gap, GapKind
from migrate.analysis.heap.families import structs_around
from migrate.analysis.ir.expressions import (
    Constant,
    Element,
    Expression,
    Temporary,
    Variable,
    subexpressions,
)
from migrate.analysis.ir.instructions import Invoke, Leave, Store, operands
from migrate.analysis.ir.model import CALLED, FunctionFacts, Result
from migrate.analysis.ir.values import values
from migrate.analysis.program import location
from migrate.analysis.program.program import Program

_PAGES = frozenset({"page", "folio", "void"})

_TYPED_BY_VALUE = b"typeof"
_INITIALISER = rb"\b%(word)s\b(?:[^;{}]*=\s*\{|\s*(?:\[[^\]]*\]\s*)?\)\s*\{)"
"""A declaration with an initialiser list, or a compound literal."""


def positional(program: Program, cell: location.Member, path: str) -> Iterator[Gap]:
    """The initialisers in functions that may set the member `cell` by its position.

    `path` is a file that sees the struct. If a public header defines it, files elsewhere are not
    examined.
    """
    if not cell.tag:
        return
    home = program.cells.home(cell, path)
    tags, words = structs_around(program, cell.tag, home)
    names = {name for tag in tags for name in program.types.names(tag, home)}
    seen = set[object]()
    for word in sorted(words | names):
        for file in program.files_with(home, word):
            if not _may_initialise(program.tree.read(file) or b"", word, word in names):
                continue
            for facts in program.initialising(file, word):
                if facts.function.id not in seen:
                    seen.add(facts.function.id)
                    yield from _of_function(program, facts, tags)


def _may_initialise(text: bytes, word: str, is_type: bool) -> bool:
    """Whether an initialiser list may be for a type that is written with `word`: by its name, or as
    the type of something with that name. Most files of a large folder need not be parsed then."""
    if _TYPED_BY_VALUE in text:
        return True
    pattern = _INITIALISER % {b"word": re.escape(word.encode())}
    return is_type and re.search(pattern, text) is not None


def _of_function(program: Program, facts: FunctionFacts, tags: Collection[str]) -> Iterator[Gap]:
    for store in initial_stores(facts, tags):
        if by_position(store) and _may_be_page(program, store.value, facts):
            yield Gap(GapKind.CODE_UNCLEAR, store.place)
    for instruction in facts.lowered.order:
        if isinstance(instruction, Store | Invoke | Leave):
            made = (e for operand in operands(instruction) for e in subexpressions(operand))
            literals = (e for e in made if isinstance(e, Temporary) and e.tag in tags)
            if any(_may_be_page(program, e, facts) for one in literals for e in one.elements):
                yield Gap(GapKind.CODE_UNCLEAR, instruction.place)


def by_position(store: Store) -> bool:
    """Whether an initial value is given by position, and not to a member by name."""
    return isinstance(store.target, Element) and store.target.index is None


def initial_stores(facts: FunctionFacts, tags: Collection[str]) -> Iterator[Store]:
    """The stores of initialisers into a struct of `tags`, or into an array of them; or into
    something of the type of something else, `typeof(x)`."""
    for i in facts.lowered.order:
        if isinstance(i, Store) and i.initial:
            roots = (e for e in subexpressions(i.target) if isinstance(e, Variable | Temporary))
            root = next(roots, None)
            kind = facts.types.get(root.name) if isinstance(root, Variable) else None
            tag = root.tag if isinstance(root, Temporary) else kind.tag if kind else ""
            pointers = kind is not None and not kind.inside and isinstance(i.target, Element)
            if (tag in tags or "typeof" in tag) and not pointers:
                yield i


def _may_be_page(program: Program, value: Expression, facts: FunctionFacts) -> bool:
    """Whether a value may be a pointer to a page, or to pointers to pages."""
    if isinstance(value, Constant):
        return False
    for named in values(value):
        if isinstance(named, Result):
            kind = program.types.of(f"{CALLED}{named.call}", facts)
        else:
            kind = program.types.at(named, facts)
        if kind is None or kind.tag in _PAGES:
            return True
        if kind.depth == 0 and kind.tag not in SHORT and not kind.tagged:
            return True
    return False
