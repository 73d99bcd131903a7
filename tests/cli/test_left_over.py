# SPDX-License-Identifier: GPL-2.0-only
"""What `left` prints: the calls that stay, and those of helpers beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.analysis.model import Place
from migrate.analysis.verdicts.left import CONVERTED, STOPS, Call, Left
from migrate.cli.console import Console
from migrate.cli.tables import left_over
from tests.analysis.groups import acquire


def call(name: str, path: str, stop: str) -> Call:
    return Call(replace(acquire(name=name), place=Place(path, 10, 1)), f"{path}:get", stop)


DIRECT = (
    call("get_user_pages_fast", "drivers/a.c", CONVERTED),
    call("get_user_pages_fast", "drivers/b.c", STOPS["mmu_notifier"]),
)


def test_calls_of_helpers_have_a_table_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    helpers = (
        call("some_helper", "fs/c.c", CONVERTED),
        call("some_helper", "fs/d.c", STOPS["through_helper"]),
    )
    left_over(Console(), Left(DIRECT, helpers))
    said = capsys.readouterr().out
    assert "\nget_user_pages_fast  drivers/b.c:10" in said
    direct, _, of_helpers = said.partition("\ncall of a helper")
    assert "fs/" not in direct and "drivers/a.c" not in said
    assert "\nsome_helper" in of_helpers and "fs/d.c:10" in of_helpers
    assert "fs/c.c" not in said
    assert said.endswith("remain, and 1 of 2 calls of helpers over it.\n")


def test_without_helpers_there_is_no_such_table(capsys: pytest.CaptureFixture[str]) -> None:
    left_over(Console(), Left(DIRECT, ()))
    assert "helper" not in capsys.readouterr().out
