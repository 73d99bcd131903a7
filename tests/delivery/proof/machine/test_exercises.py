# SPDX-License-Identifier: GPL-2.0-only
"""Exercises as data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.delivery.proof.machine.exercises import exercises, machines


def write(folder: Path, text: str, code: bool = True) -> None:
    (folder / "one.toml").write_text(text)
    if code:
        (folder / "one.c").write_text("")


def test_each_has_what_it_needs_and_defines_its_function() -> None:
    every = exercises()
    assert "exec" in [e.name for e in every]
    for exercise in every:
        assert re.search(rf"^int {exercise.function}\(void\)$", exercise.code.read_text(), re.M)
        assert exercise.objects and exercise.title
        assert all(re.fullmatch(r"[\w/-]+\.c", path) for path in exercise.objects)
        assert all(re.fullmatch(r"[A-Z0-9_]+", symbol) for symbol in exercise.symbols)
        # What not every QEMU has is asked for before it ends a boot.
        assert bool(exercise.device) is bool(exercise.hardware)
        assert exercise.device in " ".join(exercise.hardware)


def test_the_defaults(tmp_path: Path) -> None:
    write(tmp_path, 'title = "t"\nobjects = ["a.c"]\n')
    (one,) = exercises(tmp_path)
    assert (one.name, one.symbols, one.seconds, one.command_line) == ("one", (), 30, "")


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        (
            'title = "t"\nobjects = []\nsymbol = []\n',
            True,
            "one.toml: symbol is no key of an exercise",
        ),
        ('title = "t"\n', True, "one.toml: objects is missing"),
        ('title = "t"\nobjects = []\n', False, "one.toml: one.c is missing"),
    ],
)
def test_what_is_no_exercise(tmp_path: Path, text: str, code: bool, error: str) -> None:
    write(tmp_path, text, code)
    with pytest.raises(ValueError, match=re.escape(error)):
        exercises(tmp_path)


def test_a_machine_that_nobody_has_is_not_exercised() -> None:
    exercised = {path for e in exercises() for path in e.objects}
    assert machines() and not exercised & machines().keys()
