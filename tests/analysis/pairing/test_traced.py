# SPDX-License-Identifier: GPL-2.0-only
"""Of each hidden release, all that is found: places, uses, what ties them, and the gaps in full.

test_hidden_releases.py asks only that nothing wrong is pinned; a case that is manual has to be so
for the reason that it is a case of.
"""

from __future__ import annotations

import pytest

from tests.analysis.traced import cases, expected, said

CASES = cases()
EXPECTED = expected()


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_of(name: str) -> None:
    """Out of date? `python -m tests.analysis.traced` writes it; look at the difference."""
    assert said(CASES[name]) == EXPECTED.get(name, "")


def test_nothing_is_left_of_cases_that_are_gone() -> None:
    assert list(EXPECTED) == list(CASES)
