# SPDX-License-Identifier: GPL-2.0-only
"""Conditions of the preprocessor that the version of the kernel answers."""

from __future__ import annotations

import pytest

from migrate.analysis.frontend.text.conditions import holds, is_of_version

SIX_ONE = (6, 1, 90)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("0", False),
        ("1", True),
        ("!0", True),
        ("(0)", False),
        ("LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 90)", False),
        ("LINUX_VERSION_CODE <= KERNEL_VERSION(6,1,90)", True),
        ("LINUX_VERSION_CODE == KERNEL_VERSION( 6, 1, 90 )", True),
        ("LINUX_VERSION_CODE != KERNEL_VERSION(6, 1, 90)", False),
        ("KERNEL_VERSION(5, 6, 0) <= LINUX_VERSION_CODE", True),
        ("(LINUX_VERSION_CODE > KERNEL_VERSION(6, 1, 89))", True),
        ("!(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))", True),
        ("LINUX_VERSION_CODE >= KERNEL_VERSION(4, 6, 0) && 1", True),
        ("LINUX_VERSION_CODE >= 393304", True),
        ("LINUX_VERSION_CODE < 0x060159", False),
        ("LINUX_VERSION_CODE >= 0X06015AUL", True),
        ("LINUX_VERSION_CODE + 1 > KERNEL_VERSION(6, 1, 90)", True),
        ("LINUX_VERSION_CODE - 1 >= KERNEL_VERSION(6, 1, 90)", False),
        ("LINUX_VERSION_CODE >> 8 == KERNEL_VERSION(6, 1, 0) >> 8", True),
        ("LINUX_VERSION_CODE >> 8 == KERNEL_VERSION(4, 4, 0) >> 8 && X", False),
        # Shifts bind less than sums and more than comparisons.
        ("1 << 1 + 1 > 3", True),
        ("2 < 1 << 2", True),
        # What is not known makes no difference.
        ("LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0) && defined(CONFIG_X)", False),
        ("defined(CONFIG_X) && LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)", False),
        ("LINUX_VERSION_CODE > KERNEL_VERSION(4, 6, 0) || IS_ENABLED(CONFIG_X)", True),
        ("0 && (defined(X) || Y(1, 2))", False),
        # && binds more than ||, both in one row.
        ("1 || 0 && 0", True),
        ("0 && 0 || 1", True),
    ],
)
def test_an_answer(condition: str, answer: bool) -> None:
    assert holds(condition, SIX_ONE) is answer


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "CONFIG_X",
        "defined(CONFIG_X)",
        "defined CONFIG_X",
        "LINUX_VERSION_CODE > KERNEL_VERSION(4, 6, 0) && defined(RHEL_RELEASE_CODE)",
        "LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0) || RHEL_RELEASE_CODE >= 1796",
        "RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(7, 4)",
        "LINUX_VERSION_CODE > KERNEL_VERSION(MAJOR, 6, 0)",
        "LINUX_VERSION_CODE > KERNEL_VERSION(4, 6",
        "LINUX_VERSION_CODE * 2 > 2",
        "LINUX_VERSION_CODE + X > 2",
        "LINUX_VERSION_CODE >> X > 2",
        "1 << 40",
        "1 >> -1",
        "LINUX_VERSION_CODE > KERNEL_VERSION(4, 6, 0) && RHEL_RELEASE_CODE -0 < 1",
        "LINUX_VERSION_CODE > 010",
        "(1",
        "1 1",
    ],
)
def test_no_answer(condition: str) -> None:
    """Taken for false, code that is compiled would be left out."""
    assert holds(condition, SIX_ONE) is None


def test_a_patch_level_has_one_byte() -> None:
    assert holds("LINUX_VERSION_CODE == KERNEL_VERSION(4, 14, 255)", (4, 14, 300)) is True


def test_what_asks_for_the_version() -> None:
    assert is_of_version("LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)")
    assert not is_of_version("0")
