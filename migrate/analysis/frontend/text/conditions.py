# SPDX-License-Identifier: GPL-2.0-only
"""Evaluates preprocessor conditions that depend only on the version of the kernel."""

from __future__ import annotations

import re
from functools import cache

Version = tuple[int, int, int]

_TOKEN = re.compile(r"\s*(\w+|&&|\|\||<<|>>|[<>=!]=|[<>!(),]|\S)")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[1-9]\d*|0)[uUlL]*")
"""Not an octal one."""

_COMPARE = {"<", ">", "<=", ">=", "==", "!="}
_CODE = "LINUX_VERSION_CODE"
ABSENT = "0x0"
"""What stands for a name that only kernels of distributions define."""


@cache
def holds(condition: str, version: Version) -> bool | None:
    """Whether a condition of numbers and comparisons with LINUX_VERSION_CODE holds; None if it
    depends on anything else."""
    reader = _Reader(_TOKEN.findall(condition), version)
    value = reader.either()
    return None if value is None or reader.tokens else bool(value)


def is_of_version(condition: str) -> bool:
    """Whether a condition tests the version of the kernel, or whose kernel it is."""
    return _CODE in condition or ABSENT in _TOKEN.findall(condition)


class _Reader:
    """A recursive descent parser; an unknown operand is None."""

    def __init__(self, tokens: list[str], version: Version) -> None:
        self.tokens, self.version = tokens, version

    def _next(self) -> str:
        return self.tokens.pop(0) if self.tokens else ""

    def _takes(self, token: str) -> bool:
        found = self.tokens[:1] == [token]
        del self.tokens[: int(found)]
        return found

    def either(self) -> int | None:
        value = self._both()
        while self._takes("||"):
            value = _settled(value, self._both(), True)
        return value

    def _both(self) -> int | None:
        value = self._comparison()
        while self._takes("&&"):
            value = _settled(value, self._comparison(), False)
        return value

    def _comparison(self) -> int | None:
        left = self._shift()
        while self.tokens and self.tokens[0] in _COMPARE:
            operator, right = self._next(), self._shift()
            left = None if left is None or right is None else _compared(left, operator, right)
        return left

    def _shift(self) -> int | None:
        left = self._sum()
        while self.tokens and self.tokens[0] in ("<<", ">>"):
            up, right = self._next() == "<<", self._sum()
            if left is None or right is None or not 0 <= right < 32:
                left = None
            else:
                left = left << right if up else left >> right
        return left

    def _sum(self) -> int | None:
        left = self._operand()
        while self.tokens and self.tokens[0] in ("+", "-"):
            sign, right = -1 if self._next() == "-" else 1, self._operand()
            left = None if left is None or right is None else left + sign * right
        return left

    def _operand(self) -> int | None:
        token = self._next()
        if token == "!":
            value = self._operand()
            return None if value is None else int(not value)
        if token == "(":
            value = self.either()
            return value if self._takes(")") else None
        if token == _CODE:
            return _code(*self.version)
        if token == "KERNEL_VERSION":
            return self._kernel_version()
        number = _NUMBER.fullmatch(token)
        if number is not None:
            return int(number[1], 0)
        self._skip_call()
        return None

    def _kernel_version(self) -> int | None:
        parts = self.tokens[:7]
        numbers = [t for t in parts[1:6:2] if t.isdecimal()]
        if len(numbers) != 3 or parts[::2] != ["(", ",", ",", ")"]:
            return None
        del self.tokens[:7]
        return _code(*(int(n) for n in numbers))

    def _skip_call(self) -> None:
        if not self._takes("("):
            return
        depth = 1
        while self.tokens and depth:
            depth += {"(": 1, ")": -1}.get(self._next(), 0)


def _code(major: int, minor: int, patch: int) -> int:
    """The value of the macro KERNEL_VERSION()."""
    return (major << 16) + (minor << 8) + min(patch, 255)


def _settled(left: int | None, right: int | None, by: bool) -> int | None:
    """`left || right` if `by` is true, `left && right` if it is false."""
    if any(v is not None and bool(v) is by for v in (left, right)):
        return int(by)
    return None if left is None or right is None else int(not by)


def _compared(left: int, operator: str, right: int) -> int:
    answers = {
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }
    return int(answers[operator])
