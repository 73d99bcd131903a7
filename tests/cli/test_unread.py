# SPDX-License-Identifier: GPL-2.0-only
"""`classify` and `left` name the code that they say nothing else about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.gaps import GapKind, Unparsed
from migrate.analysis.model import Place, Scan
from migrate.cli.console import Console
from migrate.cli.facts.unread import say_unread, without_verdict
from tests.analysis.groups import acquire

AT = Place("drivers/a.h", 12, 4)
MACRO = Unparsed(AT, "", GapKind.NAME_IN_MACRO, "get_user_pages")


def scan(*unparsed: Unparsed, seen: Place | None = None) -> Scan:
    acquires = () if seen is None else (replace(acquire(), place=seen),)
    return Scan("c", "6.1.0", acquires, unparsed)


@pytest.mark.parametrize(
    "kind",
    [
        GapKind.NAME_IN_MACRO,
        GapKind.NAME_NOT_CALLED,
        GapKind.NAME_UNCLEAR,
        GapKind.ONLY_SPATCH,
        GapKind.FILE_NOT_ANALYSED,
    ],
)
def test_a_place_that_no_verdict_speaks_of_is_named(
    kind: GapKind, capsys: pytest.CaptureFixture[str]
) -> None:
    say_unread(Console(), scan(replace(MACRO, kind=kind)))
    said = capsys.readouterr().out
    assert "\ndrivers/a.h:12" in said and "has no verdict" in said


def test_an_acquire_has_a_verdict_of_its_own() -> None:
    assert without_verdict(scan(MACRO)) == (MACRO,)
    assert without_verdict(scan(MACRO, seen=AT)) == ()


def test_a_release_that_spatch_skips_is_no_call_that_was_missed() -> None:
    skipped = Unparsed(AT, "f", GapKind.SPATCH_SKIPS, "put_page")
    assert without_verdict(scan(skipped)) == ()


def test_nothing_is_said_if_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say_unread(Console(), scan())
    assert capsys.readouterr().out == ""
