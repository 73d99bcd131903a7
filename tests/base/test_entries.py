# SPDX-License-Identifier: GPL-2.0-only
"""Files of tables: each mistake has its line, which names the file and the entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.base.entries import Entries, check_known, reason
from migrate.base.errors import Refusal

FILE = Entries("thing", "--things", "An entry is [[thing]].")


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        for _, entry, wrong in FILE.read(path):
            for key in entry:
                check_known(key, ("name", "why"), wrong)
            reason(entry, wrong)
    return caught.value.what, caught.value.next_step


@pytest.mark.parametrize(
    ("text", "what", "then"),
    [
        ("[[thing]\n", "is not TOML:", "An entry is [[thing]]."),
        ("[[other]]\n", "unknown key 'other'", "An entry is [[thing]]."),
        ("thing = 3\n", "thing is not a list of tables", "An entry is [[thing]]."),
        ("thing = [3]\n", ", thing 1: it is not a table", "An entry is [[thing]]."),
        ('[[thing]]\nwhy = "x"\n[[thing]]\nnane = 1\n', ", thing 2: unknown key 'nane'", "'name'?"),
        ("[[thing]]\nzzz = 1\n", "unknown key 'zzz'", "Known keys: name, why."),
        ('[[thing]]\nwhy = " "\n', ", thing 1: it does not say why", 'Add why = "..."'),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, text: str, what: str, then: str) -> None:
    path = tmp_path / "things.toml"
    path.write_text(text)
    said, hint = refused(path)
    assert said.startswith(str(path)) and what in said
    assert then in hint


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "Give a file with --things." in refused(tmp_path / "missing")[1]
    (tmp_path / "bytes").write_bytes(b"\xff")
    assert "it is not UTF-8 text" in refused(tmp_path / "bytes")[0]


def test_entries_are_counted_and_reasons_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "things.toml"
    path.write_text('[[thing]]\nwhy = "a\\n  b"\n[[thing]]\nwhy = "c"\n')
    assert [(n, reason(e, w)) for n, e, w in FILE.read(path)] == [(1, "a b"), (2, "c")]
