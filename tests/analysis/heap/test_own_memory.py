# SPDX-License-Identifier: GPL-2.0-only
"""Memory that each call of a function gets anew."""

from __future__ import annotations

import pytest

from migrate.analysis.heap.own_memory import is_own_memory
from tests.analysis.memory import program_of

HERE = "drivers/demo/demo.c"
HEAD = """
#include <linux/slab.h>
struct block { int numbers[4]; int *other; };
static int demo_numbers[4];
#define DEMO_NEXT(p) ((p) = (p) + 1)
#define DEMO_ADDRESS(p) demo_set(&(p))
#define demo_again(p) DEMO_NEXT(p)
#define demo_log(level, fmt, ...) do { if (level > 2) printk(fmt "\\n", ##__VA_ARGS__); } while (0)
#define DEMO_LOG(p) DEMO_LOG(p)
static void demo_read(int *p) { }
static void *demo_new(void) { return kmalloc(4, GFP_KERNEL); }
"""


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("int x[4];", True),
        ("int x[4] = { 1 };", True),
        ("int *x;", False),
        ("int x;", False),
        ("static int x[4];", False),
        ("int *x = given;", False),
        ("int *x = demo_numbers;", False),
        ("int *x = kmalloc(4, GFP_KERNEL);", True),
        ("int *x; x = (int *)kmalloc(4, GFP_KERNEL);", True),
        ("int *x = kmalloc(4, GFP_KERNEL) + 8;", True),
        ("int *x = demo_new();", False),
        ("int *x = (*demo_hook)(4);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); x = given;", False),
        ("int *x = kmalloc(4, GFP_KERNEL); x++;", False),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_set(&x);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); kfree(x);", True),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_read(x);", True),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_for_each(x, given) { }", False),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_each(x) { }", False),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_anywhere(x);", True),
        ("int *x = kmalloc(4, GFP_KERNEL); DEMO_ANYWHERE(x);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); swap(x, given);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); DEMO_NEXT(x);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); DEMO_ADDRESS(x);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); demo_again(x);", False),
        ("int *x = kmalloc(4, GFP_KERNEL); DEMO_LOG(x);", True),
        ('int *x = kmalloc(4, GFP_KERNEL); demo_log(1, "%p", x);', True),
        ("int *x = kmalloc(4, GFP_KERNEL); WARN_ON(x);", True),
        ("int *y = kmalloc(4, GFP_KERNEL); int *x = y + 1;", True),
        ("int *y = given; int *x = y + 1;", False),
        ("int *x, *y; x = y; y = x;", False),
        ("struct block *b = kmalloc(64, GFP_KERNEL); int *x = b->numbers;", True),
        ("struct block *b = kmalloc(64, GFP_KERNEL); int *x = b->other;", False),
        ("struct block *b = from; int *x = b->numbers;", False),
    ],
)
def test_memory_of_the_call(body: str, own: bool) -> None:
    text = f"{HEAD}void demo(int *given, struct block *from)\n{{\n\t{body}\n}}\n"
    program = program_of({HERE: text})
    source = program.source(HERE)
    assert source is not None
    assert is_own_memory(program, program.facts(source.functions[-1]), "x") is own


def test_a_parameter_is_the_callers() -> None:
    program = program_of({HERE: "void demo(int x[4])\n{\n}\n"})
    source = program.source(HERE)
    assert source is not None
    assert not is_own_memory(program, program.facts(source.functions[0]), "x")
