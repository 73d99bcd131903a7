# SPDX-License-Identifier: GPL-2.0-only
"""Builds that come out the same on every machine."""

from __future__ import annotations

import pytest

from migrate.kernel.kbuild import toolchains


@pytest.fixture(autouse=True)
def no_other_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no numbered compilers, of which each machine has others."""
    monkeypatch.setattr(toolchains, "_GCC", (0, 0))
