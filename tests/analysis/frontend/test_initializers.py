# SPDX-License-Identifier: GPL-2.0-only
"""Members that are named outside of functions."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.initializers import Initialised, initialised, named_outside
from migrate.analysis.frontend.syntax import parse


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("struct part { int ours; };", []),
        ("struct part { int *ours[2]; };", []),
        ("struct part p = { .ours = 1 };", [{"part"}]),
        ("struct box b = { .part = { { .ours = 1 } } };", [{"box"}]),
        ("struct box *b = &(struct box){ .p = (struct part){ .ours = 1 } };", [{"box", "part"}]),
        ("typeof(x) y = { .ours = 1 };", [{""}]),
        ("part_t p = { .ours = 1, .other = 2 };", [{"part_t"}]),
        ("int *demo = &demo_box.ours;", [set()]),
        ("int demo = offsetof(struct part, ours);", [set()]),
        ("#define DEMO(b) ((b)->ours)\nint ours;", []),
        ("void f(void)\n{\n\tstruct part p = { .ours = 1 };\n}", []),
    ],
)
def test_the_tags_around_a_member(text: str, tags: list[set[str]]) -> None:
    found = [set(tags) for tags in named_outside(parse("a.c", text.encode()), "ours")]
    assert found == tags


def test_what_a_variable_of_a_file_sets() -> None:
    text = b"""
    static const struct ops one = { .release = f, .free = &g };
    struct ops two = { f };
    struct ops three = { .list[0] = f };
    struct other four = { .release = f };
    struct ops five;
    void h(void) { struct ops six = { .release = f }; }
    """
    assert list(initialised(parse("a.c", text), "ops")) == [
        Initialised("one", True, {"release": "f", "free": "g"}),
        Initialised("two", False, None),
        Initialised("three", False, None),
    ]
