# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of a flag, and the numbers behind names."""

from __future__ import annotations

import pytest

from migrate.analysis.flags.asked import IS_SET as SET
from migrate.analysis.flags.asked import Asked, Predicate, asked, says, value_of
from migrate.analysis.ir.expressions import Binary, Constant, Expression, Variable
from migrate.analysis.program.program import Program
from tests.analysis.memory import program_of

HERE, HEADER = "drivers/demo/demo.c", "drivers/demo/demo.h"
NAMES = """
#define DEMO_ONE 1
#define DEMO_HEX (0x10u)
#define DEMO_SHIFT (1UL << 3)
#define DEMO_BIT BIT(2)
#define DEMO_OTHER DEMO_ONE
#define DEMO_CALL(x) 4
#ifdef CONFIG_DEMO
#define DEMO_TWICE 1
#else
#define DEMO_TWICE 2
#endif
enum demo { DEMO_A, DEMO_B, /* a word */ DEMO_F = 7, DEMO_G, DEMO_H = DEMO_ONE, DEMO_I };
enum more {
	MORE_A,
#ifdef CONFIG_DEMO
	MORE_B,
#endif
	MORE_C,
};
"""
FLAG = Variable("flag", local=True)


@pytest.fixture(scope="module")
def program() -> Program:
    return program_of({HEADER: NAMES, HERE: '#include "demo.h"\n'})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO_ONE", 1), ("DEMO_HEX", 16), ("DEMO_SHIFT", 8), ("DEMO_BIT", 4), ("DEMO_A", 0),
        ("DEMO_B", 1), ("DEMO_F", 7), ("DEMO_G", 8), ("MORE_A", 0),
        ("DEMO_OTHER", None), ("DEMO_CALL", None), ("DEMO_TWICE", None), ("DEMO_H", None),
        ("DEMO_I", None), ("MORE_C", None), ("DEMO_NOWHERE", None),
    ],
)  # fmt: skip
def test_the_number_behind_a_name(program: Program, name: str, value: int | None) -> None:
    assert value_of(program, Variable(name), HERE) == value


FAR = {
    "include/linux/demo.h": "enum { DEMO_FAR };\n#define DEMO_NEAR \\\n\t8\n",
    "include/linux/more.h": "enum kind { MORE };\n#define ALL (DEMO_FAR | DEMO_NEAR)\n",
    "include/linux/last.h": "enum last {\n\tDEMO_LAST /* the end */\n};\n#\tdefine DEMO_TAB 3\n",
    HERE: "int f(void) { return DEMO_FAR | DEMO_NEAR; }\n",
}


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("DEMO_FAR", 0, "demo"), ("DEMO_NEAR", 8, "demo"),
        ("DEMO_LAST", 0, "last"), ("DEMO_TAB", 3, "last"),
    ],
)  # fmt: skip
def test_only_headers_that_may_define_a_name_are_parsed(name: str, value: int, parsed: str) -> None:
    program = program_of(FAR)
    assert value_of(program, Variable(name), HERE) == value
    headers = {path for path in program.sources if path.startswith("include/")}
    assert headers == {f"include/linux/{parsed}.h"}


def test_a_variable_is_no_name_of_a_number(program: Program) -> None:
    assert value_of(program, Variable("DEMO_ONE", local=True), HERE) is None


def test_bits_are_put_together(program: Program) -> None:
    both = Binary("|", Variable("DEMO_ONE"), Variable("DEMO_HEX"))
    assert value_of(program, both, HERE) == 17
    assert value_of(program, Binary("|", both, FLAG), HERE) is None
    assert value_of(program, Binary("&", both, both), HERE) is None


ZERO, HEX = Constant("0"), Variable("DEMO_HEX")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (FLAG, Asked(FLAG, SET)),
        (Binary("==", FLAG, ZERO), Asked(FLAG, SET, False)),
        (Binary("!=", FLAG, ZERO), Asked(FLAG, SET)),
        (Binary("&", FLAG, HEX), Asked(FLAG, Predicate(mask=16))),
        (Binary("&", HEX, FLAG), Asked(FLAG, Predicate(mask=16))),
        (Binary("==", Binary("&", FLAG, HEX), ZERO), Asked(FLAG, Predicate(mask=16), False)),
        (Binary("==", FLAG, HEX), Asked(FLAG, Predicate(equal=16))),
        (Binary("!=", FLAG, HEX), Asked(FLAG, Predicate(equal=16), False)),
        (Binary("==", FLAG, Variable("DEMO_TWICE")), None),
        (Binary("&", FLAG, Variable("DEMO_TWICE")), None),
        (Binary("<", FLAG, HEX), None),
        (Binary("==", Binary("&", FLAG, HEX), HEX), None),
    ],
)
def test_what_a_condition_asks(
    program: Program, condition: Expression, expected: Asked | None
) -> None:
    assert asked(program, condition, HERE) == expected


@pytest.mark.parametrize(
    ("value", "test", "answer"),
    [
        (Constant("1"), SET, True),
        (Constant("true"), SET, True),
        (ZERO, SET, False),
        (Constant("2"), SET, None),  # of one bit it may be 0
        (HEX, Predicate(mask=16), True),
        (Variable("DEMO_ONE"), Predicate(mask=16), False),
        (HEX, Predicate(equal=16), True),
        (Variable("DEMO_ONE"), Predicate(equal=16), False),
        (FLAG, Predicate(mask=16), None),
        (Variable("DEMO_TWICE"), Predicate(mask=16), None),
    ],
)
def test_what_a_constant_answers(
    program: Program, value: Expression, test: Predicate, answer: bool | None
) -> None:
    assert says(program, value, test, HERE) is answer
