# SPDX-License-Identifier: GPL-2.0-only
"""What the preprocessor never compiles together."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.guards import (
    Guards,
    exclusive,
    guards_around,
    never,
    of_other_versions,
    without,
)
from migrate.analysis.frontend.syntax import parse


def guards_of(text: str) -> dict[str, Guards]:
    """The conditions around each function of `text`."""
    source = parse("demo.c", text.encode())
    return {f.name: guards_around(f.node) for f in source.functions}


def two(first: str, second: str) -> bool:
    """Whether functions below the two openings are held for exclusive."""
    text = f"{first}\nvoid a(void)\n{{\n}}\n#endif\n{second}\nvoid b(void)\n{{\n}}\n#endif\n"
    found = guards_of(text)
    assert exclusive(found["a"], found["b"]) == exclusive(found["b"], found["a"])
    return exclusive(found["a"], found["b"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("#ifdef CONFIG_A", "#ifndef CONFIG_A"),
        ("#if defined(CONFIG_A)", "#ifndef CONFIG_A"),
        ("#if defined CONFIG_A", "#if !defined(CONFIG_A)"),
        ("#if IS_ENABLED(CONFIG_A)", "#if !IS_ENABLED(CONFIG_A)"),
        ("#if !IS_ENABLED(CONFIG_A)", "#if !IS_ENABLED(CONFIG_A)\n#else"),
        ("#if CONFIG_N > 1", "#if CONFIG_N > 1\n#else"),
        ("#ifdef CONFIG_A", "#ifdef CONFIG_A\n#else"),
        ("#if A && B", "#if A && B\n#elif C\n#else"),
        ("#ifdef CONFIG_A", "#if !IS_ENABLED(CONFIG_A)"),
        ("#if IS_BUILTIN( CONFIG_A )", "#if !IS_ENABLED(CONFIG_A)"),
        ("#if IS_BUILTIN(CONFIG_A)", "#ifndef CONFIG_A"),
        ("#if A && \\\n\tB", "#if A && B\n#else"),
    ],
)
def test_opposites_are_exclusive(first: str, second: str) -> None:
    assert two(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("#ifdef CONFIG_A", "#ifdef CONFIG_A"),
        ("#ifdef CONFIG_A", "#ifdef CONFIG_B"),
        ("#ifdef CONFIG_A", "#ifndef CONFIG_B"),
        ("#if CONFIG_N > 1", "#if CONFIG_N > 2"),
        ("#if defined(A) && defined(B)", "#ifndef A"),
        ("#if A || B", "#if !A"),
        # A module: IS_ENABLED() holds, and the plain symbol is not defined.
        ("#if IS_ENABLED(CONFIG_A)", "#ifndef CONFIG_A"),
        ("#if IS_ENABLED(CONFIG_A)", "#if !IS_BUILTIN(CONFIG_A)"),
        ("#if IS_ENABLED(CONFIG_A)", "#if !IS_ENABLED(CONFIG_B)"),
        ("#ifdef HAVE_A", "#if !IS_ENABLED(HAVE_A)"),
    ],
)
def test_what_may_meet_is_not_exclusive(first: str, second: str) -> None:
    """Held for exclusive, one release of two would be left out."""
    assert not two(first, second)


def test_the_branches_of_one_conditional() -> None:
    found = guards_of(
        "#ifdef A\nvoid a(void)\n{\n}\n#elif defined(B)\nvoid b(void)\n{\n}\n"
        "#else\nvoid c(void)\n{\n}\n#endif\nvoid d(void)\n{\n}\n"
    )
    assert exclusive(found["a"], found["b"])
    assert exclusive(found["a"], found["c"])
    assert exclusive(found["b"], found["c"])
    assert found["d"] == frozenset()
    assert not any(exclusive(found["d"], other) for other in found.values())


def test_conditions_are_nested() -> None:
    found = guards_of(
        "#ifdef A\n#ifndef B\nvoid a(void)\n{\n}\n#endif\nvoid b(void)\n{\n}\n#endif\n"
        "#ifdef B\nvoid c(void)\n{\n}\n#endif\n"
    )
    assert exclusive(found["a"], found["c"])
    assert not exclusive(found["b"], found["c"])
    assert found["b"] < found["a"]


def test_an_include_guard_excludes_nothing() -> None:
    found = guards_of(
        "#ifndef DEMO_H\n#define DEMO_H\nvoid a(void)\n{\n}\n#endif\nvoid b(void)\n{\n}\n"
    )
    assert not exclusive(found["a"], found["b"])


def version_of(directive: str) -> tuple[bool, bool]:
    """Whether Linux 6.1 never compiles what stands below, and whether other versions do."""
    found = guards_of(f"{directive}\nvoid a(void)\n{{\n}}\n#endif\n")["a"]
    return never(found, (6, 1, 0)), of_other_versions(found, (6, 1, 0))


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("#if 0", (True, False)),
        ("#if 1\n#else", (True, False)),
        ("#if 1", (False, False)),
        ("#ifdef CONFIG_A", (False, False)),
        ("#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)", (True, True)),
        ("#if LINUX_VERSION_CODE > KERNEL_VERSION(5, 0, 0)\n#else", (True, True)),
        ("#if LINUX_VERSION_CODE > KERNEL_VERSION(5, 0, 0)", (False, False)),
        ("#ifdef A\n#elif LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)", (True, True)),
    ],
)
def test_what_this_kernel_never_compiles(directive: str, expected: tuple[bool, bool]) -> None:
    assert version_of(directive) == expected


def test_a_name_that_the_file_defines_excludes_nothing() -> None:
    found = guards_of(
        "#ifdef A\nvoid a(void)\n{\n}\n#endif\n#if B && A\nvoid b(void)\n{\n}\n#endif\n"
    )
    assert without(found["a"], frozenset({"A"})) == frozenset()
    assert without(found["b"], frozenset({"A"})) == frozenset()
    assert without(found["a"], frozenset({"B", "AA"})) == found["a"]


def test_a_condition_may_go_on_in_the_next_line() -> None:
    text = "#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 9, 0) || \\\n"
    text += "    LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)\nvoid a(void)\n{\n}\n#endif\n"
    guards = guards_of(text)["a"]
    assert of_other_versions(guards, (6, 1, 0))
    assert not of_other_versions(guards, (6, 5, 0))
