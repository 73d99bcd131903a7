# SPDX-License-Identifier: GPL-2.0-only
"""A few of the kills of `python -m bench.faults`, which makes hundreds of them."""

from __future__ import annotations

from pathlib import Path

from bench.kills import WAYS, Kill, Trial, trial, undisturbed
from tests.end_to_end.world import copy_program, make_world

PARTS = (0.15, 0.35, 0.3, 0.25, 0.6)
"""Of the time that a run takes, each from where the one before was killed."""


def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    code = copy_program(tmp_path / "code")
    reference = undisturbed(make_world(tmp_path / "first", code))
    kills = tuple(Kill(p * reference.seconds, WAYS[n % len(WAYS)]) for n, p in enumerate(PARTS))
    found = trial(make_world(tmp_path / "second", code), reference, kills)
    assert found == Trial(found.kills, (), (), ())
    # How many kills come before the end is a matter of what else the machine does.
    assert found.kills, "no kill came before the end of the run"
