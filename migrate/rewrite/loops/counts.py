# SPDX-License-Identifier: GPL-2.0-only
"""Whether a count can be negative: a loop over a signed count does nothing then, but an unsigned
parameter becomes huge."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from migrate.analysis.frontend.types import TypeRef
from migrate.analysis.ir.expressions import (
    Constant,
    Expression,
    Member,
    Opaque,
    Variable,
    subexpressions,
)
from migrate.analysis.ir.instructions import Invoke, Lowered
from migrate.analysis.ir.lowering import lower
from migrate.analysis.program.functions import is_macro
from migrate.analysis.program.program import Program
from migrate.rewrite.loops.bounds import Around, Signs
from migrate.rewrite.text.draft import Draft
from migrate.rewrite.text.tokens import Call

_UNSIGNED_NAMES = frozenset(
    {
        *("bool", "size_t", "uint", "ulong", "pgoff_t", "uintptr_t"),
        *("u8", "u16", "u32", "u64", "__u8", "__u16", "__u32", "__u64"),
        *("uint8_t", "uint16_t", "uint32_t", "uint64_t"),
    }
)


_LONG = frozenset({"long", "int", "signed", "ssize_t", "s64", "int64_t"})
"""The words that the names of long signed types consist of; see _is_long()."""


def is_unsigned(type_text: str) -> bool:
    """Whether a type, as written, has no negative values."""
    words = set(type_text.replace("*", " * ").split())
    return "*" not in words and bool(words & (_UNSIGNED_NAMES | {"unsigned"}))


def is_bool(draft: Draft, call: Call, position: int) -> bool:
    """Whether an argument of `call` is a variable that its function declares as bool."""
    first, end = call.arguments[position]
    found = _argument(draft, call, position)
    if end - first != 1 or found is None or not isinstance(found[2], Variable):
        return False
    local = found[0].locals.get(found[2].name)
    return local is not None and (local.type.tag, local.type.depth) == ("bool", 0)


def needs_sign_test(draft: Draft, call: Call, position: int, program: Program) -> bool:
    """Whether an argument of `call` is a variable, or a member of one, that can be negative.

    A member that a condition of the function is about is none: a test of it that is there already
    is not understood here, and a second one may be too much.
    """
    found = _argument(draft, call, position)
    if found is None:
        return False
    lowered, _, value = found
    kind = type_of(lowered, value, program, draft.path)
    if kind is None or kind.depth > 0 or is_unsigned(kind.tag):
        return False
    asked = (part for c in lowered.conditions for part in subexpressions(c.value))
    return isinstance(value, Variable) or value not in asked


def never_negative(draft: Draft, call: Call, position: int, program: Program) -> bool:
    """Whether the argument of `call` at `position` is certainly not negative.

    This holds for a literal, sizeof, a variable that its function declares with an unsigned type, a
    member of an unsigned type, a long that is an unsigned number of bytes shifted by PAGE_SHIFT,
    and a variable that is never set to a negative value, or that a test on every path to the call
    has found not to be negative.
    """
    found = _argument(draft, call, position)
    if found is None:
        return False
    lowered, invoke, value = found
    return _not_negative(
        lowered, value, program, draft.path, lambda signs: signs.not_negative_at(invoke)
    )


def not_negative(
    lowered: Lowered, value: Expression, head: int, program: Program, path: str
) -> bool:
    """Whether `value` is certainly not negative when the loop with head block `head` is entered;
    see never_negative()."""
    return _not_negative(lowered, value, program, path, lambda signs: signs.not_negative_in(head))


def _argument(draft: Draft, call: Call, position: int) -> tuple[Lowered, Invoke, Expression] | None:
    """The function that contains `call`, the call in it, and the argument."""
    start = draft.tokens[call.name].start
    function = draft.source.function_at(start)
    if function is None:
        return None
    lowered = lower(draft.source, function)
    found = [i for i in lowered.calls.values() if i.start == start and not i.unclear]
    # A rule may leave out the last argument.
    if len(found) != 1 or len(found[0].arguments) < len(call.arguments):
        return None
    return lowered, found[0], found[0].arguments[position]


def _not_negative(
    lowered: Lowered,
    value: Expression,
    program: Program,
    path: str,
    proved: Callable[[Signs], bool],
) -> bool:
    if isinstance(value, (Constant, Opaque)):
        return _is_number(value)
    kind = type_of(lowered, value, program, path)
    if kind is None or kind.depth > 0:
        return False
    if is_unsigned(kind.tag):
        return True
    if not isinstance(value, Variable) or not value.local:
        return False
    # The number of bytes of an array of page pointers is never negative as a long.
    in_pages = partial(_has_no_sign, lowered, program, path)
    around = Around(
        in_pages if _is_long(kind.tag) else lambda _: False,
        partial(_jumps, lowered, program, path),
        partial(_is_function, program, path),
    )
    return proved(Signs(lowered, value.name, around))


def _jumps(lowered: Lowered, program: Program, path: str, depth: int = 6) -> bool:
    """Whether a macro that a function uses, directly or through another macro, has a goto."""
    names = {c.name for c in lowered.calls.values() if c.name}
    for macro in (f for name in sorted(names) for f in program.definitions(name, path)):
        if not is_macro(macro):
            continue
        inner = program.facts(macro).lowered
        if inner.jumps or not depth or _jumps(inner, program, path, depth - 1):
            return True
    return False


def _is_function(program: Program, path: str, name: str) -> bool:
    """Whether `name` is a function, and no macro anywhere that a call in `path` may mean."""
    source = program.source(path)
    own = source is not None and name in source.macros
    if own or name in program.corpus.header_macros(path):
        return False
    if next(program.corpus.macro_files(name, path), None) is not None:
        return False
    meant = program.definitions(name, path) or program.linker.meant(name, path)
    return bool(meant) and not any(map(is_macro, meant))


def _is_number(value: Expression) -> bool:
    if isinstance(value, Constant):
        return value.text[:1].isdigit()
    return isinstance(value, Opaque) and value.text.startswith("sizeof")


def _is_long(kind: str) -> bool:
    """Whether a signed type, as written, can represent the number of pages of any array. The number
    of bytes, shifted by PAGE_SHIFT, is negative only in a shorter type: on 32 bits no array of page
    pointers has more than 2^30 of them."""
    words = set(kind.split())
    return words <= _LONG and words != {"int"} and words != {"signed", "int"}


def _has_no_sign(lowered: Lowered, program: Program, path: str, value: Expression) -> bool:
    """Whether `value` is a variable or a member of an unsigned type."""
    kind = type_of(lowered, value, program, path)
    return kind is not None and kind.depth == 0 and is_unsigned(kind.tag)


def type_of(lowered: Lowered, value: Expression, program: Program, path: str) -> TypeRef | None:
    """The type of a local variable, or of `a.b` or `a->b`, of any length, from the tree's own
    declarations."""
    if isinstance(value, Variable):
        local = lowered.locals.get(value.name) if value.local else None
        return local.type if local is not None else None
    if not isinstance(value, Member):
        return None
    owner = type_of(lowered, value.object, program, path)
    if owner is None or not owner.tag:
        return None
    struct = program.types.struct(owner.tag, path)
    return struct.members.get(value.name) if struct is not None else None
