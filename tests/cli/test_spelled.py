# SPDX-License-Identifier: GPL-2.0-only
"""--json of `scan`: what was not parsed has a kind, and words."""

from __future__ import annotations

from migrate.analysis.gaps import GapKind, Unparsed
from migrate.analysis.model import Place, Scan
from migrate.base import codec
from migrate.cli.tables import spelled_scan


def test_what_was_not_parsed_has_words() -> None:
    place = Place("a.c", 3, 0)
    unclear = Unparsed(place, "f", GapKind.NAME_UNCLEAR, "get_user_pages")
    failed = Unparsed(place, "f", GapKind.SPATCH_FAILS, detail="spatch was stopped after 8 s")
    scan = Scan("c", "6.1.0", (), (unclear, failed))
    first, second = spelled_scan(scan)["unparsed"]
    assert first.pop("text") == "the code that names get_user_pages() is not understood"
    assert second.pop("text") == "spatch was stopped after 8 s"
    assert [codec.from_data(entry, Unparsed) for entry in (first, second)] == [unclear, failed]
