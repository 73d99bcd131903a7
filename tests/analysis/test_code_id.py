# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of an analysis is that of its code as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.analysis.code_id import code_id


def test_what_is_stored_is_of_the_code_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.analysis.__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "room/data").mkdir(parents=True)
    for name in ("a.py", "room/b.py", "room/data/b.toml", "c.txt"):
        (tmp_path / name).write_text("one")
    seen = {code_id.__wrapped__()}
    for name, counts in (
        ("a.py", True),
        ("room/b.py", True),
        ("room/data/b.toml", True),
        ("c.txt", False),
    ):
        (tmp_path / name).write_text("two")
        assert (code_id.__wrapped__() not in seen) == counts, name
        seen.add(code_id.__wrapped__())
