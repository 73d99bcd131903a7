# SPDX-License-Identifier: GPL-2.0-only
"""What a call by its name may do with its arguments themselves."""

from __future__ import annotations

import pytest

from migrate.analysis.program.known_callee import takes_values
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
TEXT = """
#include <linux/mm.h>
#define DEMO_SET(x) do { (x) = 1; } while (0)
static void demo_take(int x) { }
static void WRITE_ONCE(int x, int y) { }
"""


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("demo_take", True),
        ("put_page", True),
        ("READ_ONCE", True),
        ("likely", True),
        ("swap", False),
        ("DEMO_SET", False),
        ("demo_unknown", False),
        ("", False),
        # A function of the file by that name hides the macro.
        ("WRITE_ONCE", True),
    ],
)
def test_a_function_takes_values(name: str, values: bool) -> None:
    assert takes_values(program_of({HERE: TEXT}), name, HERE) is values
    if name == "WRITE_ONCE":
        assert not takes_values(program_of({HERE: ""}), name, HERE)
