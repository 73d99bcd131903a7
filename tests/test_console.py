# SPDX-License-Identifier: GPL-2.0-only
"""What is on the terminal: 80 columns, colours only where they are wanted, and how long still."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import pytest

from migrate import console as consoles
from migrate.console import WIDTH, Console

COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7]|38|4[0-7])[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[[io.StringIO], io.StringIO]:
    """Make a stream standard output and standard error, on a terminal of 80 columns."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    def put(stream: io.StringIO) -> io.StringIO:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return put


ROWS = [("pin", "2", "drivers/a/very/long/path/of/a/driver.c:some_function\n" + "why " * 60)]
Attach = Callable[[io.StringIO], io.StringIO]


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_tables_fit_80_columns(attach: Attach, kind: type[io.StringIO]) -> None:
    stream = attach(kind())
    Console().table("Title", ("verdict", "CASE", "group, and why"), ROWS)
    lines = CONTROL.sub("", stream.getvalue()).splitlines()
    assert len(lines) > 4 and max(map(len, lines)) <= WIDTH
    assert "".join(lines).replace(" ", "").count("why") >= 60, "nothing is cut off"


@pytest.mark.parametrize(
    ("kind", "no_color", "coloured"),
    [(Terminal, None, True), (Terminal, "1", False), (io.StringIO, None, False)],
)
def test_colour(
    attach: Attach,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[io.StringIO],
    no_color: str | None,
    coloured: bool,
) -> None:
    stream = attach(kind())
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    console = Console()
    console.table("", ("verdict", "", ""), ROWS)
    console.notice("something")
    assert bool(COLOUR.search(stream.getvalue())) == coloured
    assert ("\x1b" in stream.getvalue()) <= (kind is Terminal)


def test_a_bar_says_what_how_many_and_how_long_still(attach: Attach) -> None:
    stream = attach(Terminal())
    console = Console()
    console.started("scan")
    for done in (1, 2, 3):
        console.progress("scanning drivers/gpu/drm/some/where.c", done, 30)
    console._bars.refresh()  # type: ignore[union-attr]
    console.finished("scan", "31 acquires in 30 files", 2.0)
    shown = CONTROL.sub("\n", stream.getvalue())
    assert "scan" in shown and "3/30" in shown and "where.c" in shown
    assert re.search(r"\d\d:\d\d|--:--", shown), "time that remains"
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert shown.splitlines()[-1] == "scan      31 acquires in 30 files, 2.0 s"


def test_without_a_terminal_a_line_now_and_then(
    attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(consoles.time, "monotonic", lambda: clock[0])
    stream = attach(io.StringIO())
    console = Console()
    console.started("build")
    for done in range(1, 61):
        clock[0] += 1
        console.progress("objects", done, 61)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "build: started"
    assert lines[1] == "build: objects: 10 of 61, about 51 s left"
    assert len(lines) == 7


def test_no_control_character_of_a_tree_gets_through(attach: Attach) -> None:
    stream = attach(Terminal())
    Console().say("drivers/\x1b[2Jevil\x07.c")
    assert "\x1b[2J" not in stream.getvalue() and "\x07" not in stream.getvalue()
