# SPDX-License-Identifier: GPL-2.0-only
"""What is on the terminal: 80 columns, colours only where they are wanted, and how long still."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from collections.abc import Callable

import pytest

from migrate.cli import console as consoles
from migrate.cli.console import WIDTH, Console
from migrate.delivery.report.explain import Note

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


def test_tables_fit_80_columns(attach: Attach) -> None:
    stream = attach(Terminal())
    Console().table("Title", ("verdict", "CASE", "group, and why"), ROWS)
    lines = CONTROL.sub("", stream.getvalue()).splitlines()
    assert len(lines) > 4 and max(map(len, lines)) <= WIDTH
    assert "".join(lines).replace(" ", "").count("why") >= 60, "nothing is cut off"


def test_a_pipe_gets_one_row_a_line(attach: Attach) -> None:
    stream = attach(io.StringIO())
    Console().table("Title", ("verdict", "CASE", "group, and why"), [*ROWS, ("keep", "", "b.c:f")])
    assert stream.getvalue().splitlines() == [
        "Title",
        "verdict  CASE  group, and why",
        "pin      2     drivers/a/very/long/path/of/a/driver.c:some_function  "
        + ("why " * 60).rstrip(),
        "keep           b.c:f",
    ]


def test_a_pipe_gets_a_fact_a_line(attach: Attach) -> None:
    stream = attach(io.StringIO())
    Console().facts([("objects", "many words " * 20), ("time", "1.0 s")])
    assert len(stream.getvalue().splitlines()) == 2


def test_an_empty_table_for_a_pipe(attach: Attach) -> None:
    stream = attach(io.StringIO())
    Console().table("No commits", ("commit", "subject"), [])
    assert stream.getvalue().splitlines() == ["No commits", "commit  subject"]


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; it only passes when a test says so, and no thread draws meanwhile."""
    now = [100.0]
    monkeypatch.setattr(consoles.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(consoles, "_DRAWN_EVERY", 3600.0)
    return now


def test_the_line_says_what_how_many_and_how_long_still(attach: Attach, clock: list[float]) -> None:
    stream = attach(Terminal())
    console = Console()
    console.started("scan")
    for done in (0, 1, 2, 3):
        console.progress("files read by spatch", done, 30)
        clock[0] += 4
    console.tick()
    console.finished("scan", "31 acquires in 30 files", 2.0)
    shown = CONTROL.sub("\n", stream.getvalue()).splitlines()
    line = next(text for text in shown if "3/30" in text)
    assert "scan" in line and "files read by spatch" in line
    assert "0:16, 2:24 left" in line and len(line) < WIDTH
    assert shown[-1] == "scan      31 acquires in 30 files, 2.0 s"


def test_the_line_moves_by_itself(attach: Attach, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phase that reports nothing is drawn again and again, by a thread."""
    monkeypatch.setattr(consoles, "_DRAWN_EVERY", 0.001)
    attach(Terminal())
    console = Console()
    drawings = threading.Semaphore(0)
    draw = console._draw

    def counted(text: str) -> None:
        draw(text)
        drawings.release()

    monkeypatch.setattr(console, "_draw", counted)
    console.started("rewrite")
    console.progress("audit of the result", 0, 0)
    for _ in range(5):
        assert drawings.acquire(timeout=60)
    console.close()


def test_nothing_is_left_of_the_line_when_the_window_has_shrunk(
    attach: Attach, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a terminal breaks into several lines is erased from where the cursor is, its first
    column; all that is written in between begins with that."""
    width = [120]
    monkeypatch.setattr(Console, "_columns", lambda _self: width[0])
    stream = attach(Terminal())
    console = Console()
    console.started("build")
    for columns in (120, 80, 40, 30):
        width[0] = columns
        clock[0] += 1
        console.progress("objects at the base, x86_64", 3, 66)
        console.tick()
    console.notice("something happened")
    console.tick()
    console.finished("build", "66 built", 9.0)
    parts = stream.getvalue().split("\r\x1b[J")
    assert parts.pop(0) == "\x1b[?25l"
    drawn = [part for part in parts if part.endswith("\r")]
    assert len(drawn) == 5 and all("\n" not in part for part in drawn)
    assert [len(part) - 1 < w for part, w in zip(drawn, (120, 80, 40, 30, 30), strict=True)]
    said = [CONTROL.sub("", part) for part in parts if part not in drawn]
    assert said == ["something happened\n", "build     66 built, 9.0 s\n"]
    assert stream.getvalue().count("\x1b[?25h") == 1


def test_a_terminal_that_can_nothing_gets_lines(
    attach: Attach, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = attach(Terminal())
    console = Console()
    console.started("scan")
    clock[0] += 20
    console.tick()
    assert stream.getvalue().splitlines() == ["scan: started", "scan, 20 s"]
    console.close()


def test_without_a_terminal_a_line_now_and_then(attach: Attach, clock: list[float]) -> None:
    stream = attach(io.StringIO())
    console = Console()
    console.started("build")
    console.progress("preparing x86_64", 0, 0)
    for second in range(1, 61):
        clock[0] += 1
        if second == 15:
            console.progress("objects at the base, x86_64", 0, 61)
        if 15 < second < 40:
            console.progress("objects at the base, x86_64", second - 15, 61)
        console.tick()
    console.close()
    assert stream.getvalue().splitlines() == [
        "build: started",
        "build: preparing x86_64, 10 s",
        "build: objects at the base, x86_64: 5 of 61, 5.0 s, about 56 s left",
        "build: objects at the base, x86_64: 15 of 61, 15 s, about 46 s left",
        "build: objects at the base, x86_64: 24 of 61, 25 s, about 39 s left",
        "build: objects at the base, x86_64: 24 of 61, 35 s, about 54 s left",
        "build: objects at the base, x86_64: 24 of 61, 45 s",
    ]


def test_no_control_character_of_a_tree_gets_through(attach: Attach) -> None:
    stream = attach(Terminal())
    Console().say("drivers/\x1b[2Jevil\x07.c")
    assert "\x1b[2J" not in stream.getvalue() and "\x07" not in stream.getvalue()


def test_notes_are_broken_between_words_on_a_terminal_alone(attach: Attach) -> None:
    path = "drivers/a/path/that/is/as/long/as/paths/in/the/kernel/are/and/longer/than/that.c"
    note = Note("warning", "it is passed on " * 9, path, 7, 3, "\tget(page);", 1)
    stream = attach(Terminal())
    Console().notes([note])
    lines = CONTROL.sub("", stream.getvalue()).splitlines()
    assert lines[0].startswith(f"{path}:7:4:"), "a path stays whole, to be copied"
    assert all(len(line) <= WIDTH for line in lines[1:])
    words = " ".join(lines[:-2]).split()
    assert words == [f"{path}:7:4:", "warning:", *(["it", "is", "passed", "on"] * 9)]
    stream = attach(io.StringIO())
    Console().notes([note])
    assert len(stream.getvalue().splitlines()) == 3


def test_the_end_of_the_input_ends_the_line_of_the_question(
    attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = attach(io.StringIO())
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert Console().ask("why? ") is None
    assert stream.getvalue() == "why? \n"


def test_a_copy_of_the_process_is_not_made_in_the_middle_of_a_line(
    attach: Attach, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    attach(io.StringIO())
    held, go_on = threading.Event(), threading.Event()
    console = Console()
    console.started("pair")
    clock[0] += 20

    def slow(*_: object) -> None:
        held.set()
        assert go_on.wait(60)

    monkeypatch.setattr(console, "_line", slow)
    drawing = threading.Thread(target=console.tick)
    drawing.start()
    assert held.wait(60)
    forks: list[int] = []

    def fork() -> None:
        forks.append(os.fork())
        if not forks[0]:
            with consoles._GUARD:
                os._exit(7)

    forking = threading.Thread(target=fork)
    forking.start()
    forking.join(0.2)
    assert forks == [], "it waits"
    go_on.set()
    forking.join(60)
    drawing.join(60)
    assert os.waitstatus_to_exitcode(os.waitpid(forks[0], 0)[1]) == 7
    console.close()


def test_an_aside_is_for_a_person_at_a_terminal(attach: Attach) -> None:
    terminal, pipe = attach(Terminal()), io.StringIO()
    Console().aside("There are two ways.")
    assert "There are two ways." in CONTROL.sub("", terminal.getvalue())
    attach(pipe)
    Console().aside("There are two ways.")
    assert pipe.getvalue() == ""
