# SPDX-License-Identifier: GPL-2.0-only
"""How the work goes, as one line that fits, whatever the width and the words are."""

from __future__ import annotations

import pytest

from migrate.cli.status_line import Phase, clock, drawn, duration, spoken

COUNTED = Phase("build", "objects at 0123456789ab, x86_64", 100.0, 0, 12, 66, 159.0)
UNCOUNTED = Phase("scan", "reading the headers of GUP", 100.0)
NAMELESS = Phase("classify", "", 100.0)
LONG = Phase("pair", "a label that nobody should have written as long as this " * 3, 100.0, 0, 1, 9)


@pytest.mark.parametrize("width", [1, 2, 10, 20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("phase", [COUNTED, UNCOUNTED, NAMELESS, LONG], ids=lambda p: p.stage)
def test_it_fits_and_leaves_the_last_column_free(phase: Phase, width: int) -> None:
    assert len(drawn(phase, 160.0, width)) <= width - 1


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_label_of_ours_is_cut(width: int) -> None:
    for phase in (COUNTED, UNCOUNTED):
        line = drawn(phase, 160.0, width)
        assert f"{phase.what}  " in line and "1:00" in line
    assert "12/66" in drawn(COUNTED, 160.0, width)


def test_what_is_least_needed_goes_first() -> None:
    wide, middle, narrow = (drawn(COUNTED, 160.0, width) for width in (120, 70, 50))
    assert "[" in wide and "4:30 left" in wide and "build" in wide
    assert "[" not in middle and "4:30 left" in middle and "build" in middle
    assert "left" not in narrow and "build" not in narrow and "12/66" in narrow


def test_it_moves_though_nothing_is_counted() -> None:
    shown = {drawn(UNCOUNTED, 100.0 + seconds / 4, 80) for seconds in range(8)}
    assert len(shown) > 4


def test_nothing_is_said_of_what_is_left_when_nobody_can_tell() -> None:
    assert COUNTED.left(160.0) == 270.0
    assert Phase("s", "w", 100.0, 0, 12, 66, 101.0).left(102.0) is None, "just begun"
    assert COUNTED.left(200.0) is None, "it stands still"
    assert Phase("s", "w", 100.0, 12, 12, 66, 101.0).left(160.0) is None, "all was there before"
    assert UNCOUNTED.left(160.0) is None


def test_a_line_for_a_log() -> None:
    assert spoken(COUNTED, 160.0) == (
        "build: objects at 0123456789ab, x86_64: 12 of 66, 1 min 0 s, about 4 min 30 s left"
    )
    assert spoken(UNCOUNTED, 112.0) == "scan: reading the headers of GUP, 12 s"
    assert spoken(NAMELESS, 112.0) == "classify, 12 s"


def test_times() -> None:
    assert [duration(s) for s in (0.34, 42, 200)] == ["0.3 s", "42 s", "3 min 20 s"]
    assert [clock(s) for s in (7, 750, 3723)] == ["0:07", "12:30", "1:02:03"]
