# SPDX-License-Identifier: GPL-2.0-only
"""Which acquires a change is about: those of the drivers that it changes, and those of drivers that
name what is new in a header for the whole kernel."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.nearby import near
from migrate.analysis.program.program import Program
from tests.analysis.memory import scan_of, tree_of

HEADER = "include/linux/demo.h"
INLINE = "static inline void demo_drop(struct page *page)\n{\n\tput_page(page);\n}\n"
TEXT = (
    "struct demo {\n\tint new;\n};\n"  # 1 to 3
    + INLINE  # 4 to 7
    + "#define DEMO_DROP(p) \\\n\tdemo_drop(p)\n"  # 8 and 9
    + "#define DEMO_SIZE 4\n"  # 10
    + "static inline int demo_other(void)\n{\n\treturn 1;\n}\n"  # 11 to 14
)
TAKES = "void take_%s(unsigned long start, struct page **pages)\n{\n%s}\n"
GUP = "\tget_user_pages_fast(start, 1, 0, pages);\n"
FILES = {
    HEADER: TEXT,
    "drivers/a/main.c": TAKES % ("a", GUP),
    "drivers/b/b/b.c": TAKES % ("b", GUP),
    "drivers/b/b/far.c": "void far(struct page *p)\n{\n\tDEMO_DROP(p);\n}\n",
    "drivers/c/c.c": TAKES % ("c", GUP + "\tdemo_other();\n"),
    "mm/core.c": "int core;\n",
}
A, B, C = "drivers/a/main.c", "drivers/b/b/b.c", "drivers/c/c.c"


def asked(added: dict[str, set[int]], text: str = TEXT) -> set[str]:
    tree = tree_of({**FILES, HEADER: text})
    program = Program(tree)
    lines = {path: frozenset(numbers) for path, numbers in added.items()}
    return {a.place.path for a in near(program, scan_of(tree).acquires, lines)}


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ({A: {1}}, {A}),
        ({"drivers/b/b/far.c": {2}}, {B}),
        ({"mm/core.c": {1}}, {A, B, C}),
        ({}, set()),
        # in the header: a member, what is behind the functions, each part of the code
        ({HEADER: {2}}, set()),
        ({HEADER: {15}}, set()),
        ({HEADER: {4}}, {B}),
        ({HEADER: {7}}, {B}),
        ({HEADER: {8}}, {B}),
        ({HEADER: {9}}, {B}),
        ({HEADER: {10}}, set()),
        ({HEADER: {13}}, {C}),
        ({HEADER: {2, 13}, A: {1}}, {A, C}),
    ],
)
def test_what_a_change_is_about(added: dict[str, set[int]], expected: set[str]) -> None:
    assert asked(added) == expected


def test_of_a_header_in_which_too_much_is_new_everything_is() -> None:
    many = "".join(f"#define DEMO_{n} {n}\n" for n in range(20))
    assert asked({HEADER: set(range(1, 21))}, many + TEXT) == {A, B, C}
