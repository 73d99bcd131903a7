# SPDX-License-Identifier: GPL-2.0-only
"""The notes in messages: each kind has words, and was judged worth its lines."""

from __future__ import annotations

import pytest

from bench.notes import SHARE, main, read, share
from migrate.analysis.model import Action, TraitKind, UseKind
from migrate.analysis.verdicts.classify import warnings
from migrate.analysis.verdicts.notes import WORDS, NoteKind, kind_of, note
from tests.analysis.groups import group, use

JUDGED, UNSEEN = read()


def test_every_kind_has_words() -> None:
    assert set(WORDS) == set(NoteKind)


@pytest.mark.parametrize("kind", NoteKind)
def test_the_kind_of_a_note_is_read_off_its_words(kind: NoteKind) -> None:
    text = note(kind, "drivers/a/b.c:12", "call()")
    assert kind_of(text) is kind
    assert text.endswith(".") and "{" not in text
    assert kind_of("Something else.") is None


@pytest.mark.parametrize("kind", NoteKind)
def test_at_least_four_of_five_notes_of_a_kind_are_worth_it(kind: NoteKind) -> None:
    part = share(kind, JUDGED)
    if part is None:
        assert kind in {one.kind for one in UNSEEN}, "judge it in bench/notes.toml"
    else:
        assert kind not in {one.kind for one in UNSEEN}
        assert part >= SHARE


def test_a_note_is_judged_once_and_with_a_reason() -> None:
    places = [(one.kind, one.kernel, one.group) for one in JUDGED]
    assert len(set(places)) == len(places)
    assert {one.kernel for one in JUDGED} == {"5.3", "6.1", "7.2"}
    assert all(one.why.endswith(".") for one in (*JUDGED, *UNSEEN))


def test_whatever_is_said_of_a_group_is_of_some_kind() -> None:
    """With every kind of trait and of use."""
    freed = use(UseKind.FREED, "__free_page(page);")
    everything = group(*UseKind, *TraitKind, more=(freed,))
    for action in Action:
        assert None not in {kind_of(text) for text in warnings(everything, action, ("look",))}


def test_the_table_has_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    said = capsys.readouterr().out
    assert all(f"| {kind} |" in said for kind in NoteKind)
