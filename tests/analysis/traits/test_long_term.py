# SPDX-License-Identifier: GPL-2.0-only
"""Whether FOLL_LONGTERM is asked for on every way to a call."""

from __future__ import annotations

import pytest

from migrate.analysis.model import TraitKind
from tests.analysis.memory import pairing_of

HERE = "drivers/demo/demo.c"
CODE = """
int demo_get(unsigned long at, int keeps, unsigned int given, struct page **page)
{{
	{before}
	return get_user_pages_fast(at, 1, {flags}, page);
}}
"""


def always(flags: str, before: str = "") -> bool:
    (group,) = pairing_of({HERE: CODE.format(flags=flags, before=before)}).groups
    return group.has(TraitKind.ALWAYS_LONGTERM)


@pytest.mark.parametrize(
    ("flags", "before"),
    [
        ("FOLL_LONGTERM", ""),
        ("FOLL_WRITE | FOLL_LONGTERM", ""),
        ("(keeps ? FOLL_WRITE : 0) | FOLL_LONGTERM", ""),
        ("flags", "unsigned int flags = FOLL_LONGTERM;"),
        ("flags", "unsigned int flags = FOLL_LONGTERM; if (keeps) flags |= FOLL_WRITE;"),
        ("flags", "unsigned int flags; flags = FOLL_WRITE | FOLL_LONGTERM;"),
    ],
)
def test_on_every_way(flags: str, before: str) -> None:
    assert always(flags, before)


@pytest.mark.parametrize(
    ("flags", "before"),
    [
        ("FOLL_WRITE", ""),
        ("given", ""),
        ("given", "given = FOLL_LONGTERM;"),
        ("keeps ? FOLL_LONGTERM : 0", ""),
        ("FOLL_WRITE & ~FOLL_LONGTERM", ""),
        ("FOLL_WRITE ^ FOLL_LONGTERM", ""),
        ("flags", "unsigned int flags = 0; if (keeps) flags |= FOLL_LONGTERM;"),
        ("flags", "unsigned int flags = FOLL_LONGTERM; if (keeps) flags = FOLL_WRITE;"),
        ("flags", "unsigned int flags = FOLL_LONGTERM; if (keeps) flags &= ~FOLL_LONGTERM;"),
        ("flags", "unsigned int flags = FOLL_LONGTERM; demo_change(&flags);"),
    ],
)
def test_on_some_ways(flags: str, before: str) -> None:
    assert not always(flags, before)
