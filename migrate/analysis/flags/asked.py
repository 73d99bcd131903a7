# SPDX-License-Identifier: GPL-2.0-only
"""Tests of a flag in conditions, and their result for a value: whether it is 0, whether it has a
bit, whether it is a constant of an enum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.analysis.flags.terms import Term, term
from migrate.analysis.frontend.macros import number, values_of
from migrate.analysis.ir.expressions import (
    Binary,
    Cast,
    Constant,
    Evaluated,
    Expression,
    Unary,
    Variable,
    is_zero,
    plain,
    subexpressions,
)
from migrate.analysis.program.program import Program

_TRUTH = {"true": 1, "false": 0, "NULL": 0}


@dataclass(frozen=True)
class Predicate:
    """Whether a number is not 0; with a `mask`, whether it has one of these bits; with `equal`,
    whether it is that number."""

    mask: int | None = None
    equal: int | None = None

    def holds(self, value: int) -> bool:
        """Whether the test succeeds for one number."""
        if self.equal is not None:
            return value == self.equal
        return bool(value if self.mask is None else value & self.mask)


IS_SET = Predicate()


@dataclass(frozen=True)
class Asked:
    """A flag in a condition, its test, and the value of the condition if the test succeeds."""

    flag: Term
    test: Predicate
    positive: bool = True


def value_of(program: Program, value: Expression, path: str) -> int | None:
    """The number that an expression of constants is; None if it is not known. `path` is the file
    that contains it."""
    match value:
        case Evaluated(operand) | Cast(operand=operand):
            return value_of(program, operand, path)
        case Constant(text):
            return _TRUTH.get(text, number(text))
        case Variable(name, local=False):
            return _named(program, name, path)
        case Binary("|", left, right):
            one, two = value_of(program, left, path), value_of(program, right, path)
            return None if one is None or two is None else one | two
    return None


def _named(program: Program, name: str, path: str) -> int | None:
    """The value of a name, if all of its relevant definitions have the same."""
    found: set[int | None] = set()
    for file in {*program.files_with(path, name), *program.corpus.public_valuing_files(name)}:
        source = program.source(file)
        if source is None or source.unread:
            return None
        found.update(values_of(source, name))
    return found.pop() if len(found) == 1 else None


def says(program: Program, value: Expression, test: Predicate, path: str) -> bool | None:
    """The result of a test for a constant; None for anything else, and for a number that may be too
    large for a flag of one bit."""
    known = value_of(program, value, path)
    if known is None or (test == IS_SET and known > 1):
        return None
    return test.holds(known)


def leaves_alone(
    program: Program, operator: str, value: Expression, test: Predicate, path: str
) -> bool:
    """Whether the assignment `flag operator value` changes none of the bits that are tested."""
    if test.mask is None:
        return False
    match operator, plain(value):
        case "&=", Unary("~", inner):
            cleared = value_of(program, inner, path)
            return cleared is not None and not cleared & test.mask
        case "&=", other:
            kept = value_of(program, other, path)
            return kept is not None and kept & test.mask == test.mask
        case "|=" | "^=", other:
            added = value_of(program, other, path)
            return added is not None and not added & test.mask
    return False


def asked(program: Program, condition: Expression, path: str) -> Asked | None:
    """The test of a single flag that a whole condition is; None if it contains anything else."""
    match condition:
        case Evaluated(operand):
            return asked(program, operand, path)
        case Binary("==" | "!=" as operator, left, right) if is_zero(right):
            found = _of_flag(program, left, path)
            return found and Asked(found.flag, found.test, found.positive is (operator == "!="))
        case Binary("==" | "!=" as operator, left, right):
            flag, known = term(left), value_of(program, right, path)
            if flag is None or known is None:
                return None
            return Asked(flag, Predicate(equal=known), operator == "==")
    return _of_flag(program, condition, path)


def _of_flag(program: Program, value: Expression, path: str) -> Asked | None:
    match value:
        case Evaluated(operand):
            return _of_flag(program, operand, path)
        case Binary("&", left, right):
            for flag, mask in ((term(left), right), (term(right), left)):
                known = value_of(program, mask, path)
                if flag is not None and known is not None:
                    return Asked(flag, Predicate(mask=known))
            return None
    flag = term(value)
    return Asked(flag, IS_SET) if flag is not None else None


def all_asked(program: Program, condition: Expression, path: str) -> Iterator[Asked]:
    """The tests of a flag in any part of a condition."""
    for part in subexpressions(condition):
        found = asked(program, part, path)
        if found is not None:
            yield found
