# SPDX-License-Identifier: GPL-2.0-only
"""Of the bugs that people fixed, those that an audit names, and no word on the code after a fix."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from migrate.analysis.audit.model import AuditRule
from tests.regressions.corpus import CLASSES, Pair, pairs

MISSED: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("missed.toml").read_text(encoding="utf-8")
)
"""The pairs whose bug is not named, each with the reason."""


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_nothing_is_said_after_the_fix(pair: Pair) -> None:
    assert pair.counted(pair.after) == ()


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_the_bug_is_named(pair: Pair) -> None:
    """Or it is among those that are known to be missed; one that is named leaves that list."""
    assert pair.is_named(pair.counted(pair.before)) is (pair.name not in MISSED)


def test_every_pair_says_what_it_is() -> None:
    for pair in pairs():
        assert pair.number in CLASSES, pair.name
        assert pair.rule in set(AuditRule) or pair.name in MISSED, pair.name
        assert re.fullmatch(r"20[12]\d-[01]\d", pair.fixed), pair.name
        assert pair.before != pair.after, pair.name


def test_the_missed_ones_are_there() -> None:
    assert MISSED.keys() <= {pair.name for pair in pairs()}
    assert all(reason.endswith(".") for reason in MISSED.values())


def test_the_drawn_third_is_a_third() -> None:
    drawn = sum(pair.drawn for pair in pairs())
    assert len(pairs()) / 5 <= drawn <= len(pairs()) / 2
