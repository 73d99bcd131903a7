# SPDX-License-Identifier: GPL-2.0-only
"""Every line for the terminal: results on standard output, progress on standard error."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from migrate.base import codec
from migrate.base.errors import Refusal
from migrate.cli.plain_text import (
    broken,
    cell,
    joined,
    one_line,
    printable,
    severity_style,
)
from migrate.cli.status_line import Phase, drawn, spoken
from migrate.cli.status_line import duration as duration

if TYPE_CHECKING:
    from migrate.delivery.report.explain import Note

WIDTH = 80
"""Columns of tables if the width of the terminal is unknown."""

_PLAIN_EVERY = 10.0
"""Seconds between two progress lines if the last one cannot be overwritten."""

_DRAWN_EVERY = 0.25
"""Seconds between two updates of the progress line."""

# The cursor stays at the beginning of the line: if a terminal becomes narrower and wraps the line,
# the whole line is erased, and nothing above it.
_HIDE_CURSOR, _SHOW_CURSOR, _ERASE = "\x1b[?25l", "\x1b[?25h", "\r\x1b[J"

_LABEL = 18
"""Columns of the labels of facts."""

_GUARD = threading.RLock()
"""Held while something is drawn, or what is drawn is changed."""

# The process must not fork while another thread is writing a line.
os.register_at_fork(
    before=_GUARD.acquire, after_in_parent=_GUARD.release, after_in_child=_GUARD.release
)


class Console:
    """Shows the events of the pipeline, tables, notes and errors."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._out = _rich(sys.stdout)
        self._err = _rich(sys.stderr)
        self._verbose = verbose
        self._is_live = self._err.is_terminal and not self._err.is_dumb_terminal
        self._phase: Phase | None = None
        self._said = time.monotonic()
        self._stop: threading.Event | None = None
        self._drawn = False

    # Events of the pipeline

    def started(self, stage: str) -> None:
        self._begin(Phase(stage, "", time.monotonic()))
        if not self._is_live:
            self._line(f"{stage}: started")

    def _begin(self, phase: Phase) -> None:
        with _GUARD:
            self._phase, self._said = phase, phase.since
        if self._stop is None:
            self._stop = threading.Event()
            threading.Thread(target=self._keep_telling, args=(self._stop,), daemon=True).start()

    def reused(self, stage: str, summary: str) -> None:
        self._line(f"{stage:<9} {summary} (nothing changed since)")

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        self._end_phase()
        self._line(f"{stage:<9} {summary}, {duration(seconds)}")

    def progress(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `what` are finished; with `total` 0, that `what` is
        in progress."""
        now = time.monotonic()
        with _GUARD:
            if self._phase is None:
                return
            if what != self._phase.what:
                self._phase = Phase(self._phase.stage, printable(what), now, before=done)
            moved = now if done != self._phase.done else self._phase.moved
            self._phase = replace(self._phase, done=done, total=total, moved=moved)

    @contextmanager
    def busy(self, stage: str, what: str) -> Iterator[None]:
        """Show that `what` is in progress, for work that is not a stage and has no result to
        show."""
        self._begin(Phase(stage, what, time.monotonic()))
        try:
            yield
        finally:
            self._end_phase()

    def tick(self) -> None:
        """Update the progress line after some time."""
        now = time.monotonic()
        with _GUARD:
            if self._phase is None:
                return
            if self._is_live:
                self._draw(drawn(self._phase, now, self._columns()))
            elif now - self._said >= _PLAIN_EVERY:
                self._line(spoken(self._phase, now))

    def notice(self, line: str) -> None:
        self._line(line, style="yellow")

    def aside(self, line: str) -> None:
        """Print a line only if a person is at a terminal."""
        if self._err.is_terminal:
            self._line(line, style="dim")

    def detail(self, line: str) -> None:
        """Print a line only with --verbose."""
        if self._verbose:
            self._line(line, style="dim")

    # Results

    def say(self, line: str = "") -> None:
        """Print one line of the result as it is."""
        self._out.print(Text(printable(line)), soft_wrap=True)

    def json(self, value: Any) -> None:
        """`value`, a dataclass or plain data, as JSON on standard output."""
        sys.stdout.write(json.dumps(codec.to_data(value), indent=1, sort_keys=True) + "\n")

    def table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table that fits the terminal; the last column should be the long one. In a pipe
        or a file each row is one line, however long."""
        if title:
            self.say(title)
        if not self._out.is_terminal:
            self._plain_table(heads, rows)
            return
        table = Table(box=None, pad_edge=False, show_header=any(heads))
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(cell(text) for text in row))
        # The padding of the last column would be copied along with the text.
        with self._out.capture() as made:
            self._out.print(table)
        self._write("\n".join(line.rstrip() for line in made.get().split("\n")))

    def _plain_table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        lines = [[joined(cell) for cell in row] for row in rows]
        lines = [list(heads), *lines] if any(heads) else lines
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (f"{c:<{w}}" for c, w in zip(line, widths, strict=True))
            self.say("  ".join(padded).rstrip())

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Print labels with their values; paths are not wrapped, so that they can be copied. In a
        pipe or a file each fact is one line."""
        for label, value in facts:
            lines = [joined(value)]
            if self._out.is_terminal:
                width = self._out.width - _LABEL
                lines = textwrap.wrap(
                    printable(value), width, break_long_words=False, break_on_hyphens=False
                )
            for number, line in enumerate(lines or [""]):
                self.say(f"{label if number == 0 else '':<{_LABEL}}{line}")

    def notes(self, notes: Iterable[Note]) -> None:
        """Print notes like a compiler: place, severity, text, then the line and a caret below it.
        On a terminal the text is wrapped between words."""
        for note in notes:
            place = f"{printable(note.path)}:{note.line}:{note.column + 1}: " if note.path else ""
            severity = f"{note.severity}: "
            head = Text("\n".join(broken(place + severity + printable(note.text), self._wide())))
            head.stylize("bold", 0, len(place))
            head.stylize(severity_style(note.severity), len(place), len(place + severity))
            self._out.print(head, soft_wrap=True)
            if note.source is not None:
                self._out.print(Text(f"{note.line:>6} | {printable(note.source)}"), soft_wrap=True)
                # Tabs of the line are repeated before the caret, so that it is in the right column.
                lead = "".join(c if c == "\t" else " " for c in note.source[: note.caret])
                self._out.print(Text(f"       | {lead}^", style="green"), soft_wrap=True)

    def _wide(self) -> int | None:
        """The width of the terminal in columns; None if it is not a terminal."""
        return self._out.width if self._out.is_terminal else None

    def _write(self, text: str) -> None:
        self._out.file.write(text)
        self._out.file.flush()

    def ask(self, question: str) -> str | None:
        """The line that the user types after `question`; None at the end of the input."""
        self._out.print(Text(question, style="bold"), end="")
        self._out.file.flush()
        line = sys.stdin.readline()
        if not line:
            self.say()  # the line with the question was not ended
            return None
        return line.rstrip("\n")

    # How a command ends

    def refusal(self, refusal: Refusal) -> None:
        self._end_phase()
        error = Text("error: ", style="bold red")
        error.append(one_line(refusal.what), style="not bold default")
        self._err.print(error, soft_wrap=True)
        if refusal.next_step:
            self._err.print(Text(one_line(refusal.next_step)), soft_wrap=True)

    def bug(self, log: str) -> None:
        self._end_phase()
        self.refusal(
            Refusal(
                "This is a bug in gup-migrate.",
                f"Please send {log} with your report; what was done so far is kept.",
            )
        )

    def close(self) -> None:
        """Restore the state of the terminal."""
        self._end_phase()

    def _keep_telling(self, stop: threading.Event) -> None:
        while not stop.wait(_DRAWN_EVERY):
            self.tick()

    def _end_phase(self) -> None:
        with _GUARD:
            stop, self._stop, self._phase = self._stop, None, None
            if stop is not None:
                stop.set()
            self._erase()
            if self._drawn:
                self._drawn = False
                self._err.file.write(_SHOW_CURSOR)
                self._err.file.flush()

    def _columns(self) -> int:
        """The current width of the terminal; COLUMNS may be out of date."""
        try:
            return os.get_terminal_size(self._err.file.fileno()).columns or self._err.width
        except (OSError, ValueError):
            return self._err.width

    def _draw(self, text: str) -> None:
        begin = "" if self._drawn else _HIDE_CURSOR
        self._drawn = True
        self._err.file.write(f"{begin}{_ERASE}{text}\r")
        self._err.file.flush()

    def _erase(self) -> None:
        if self._drawn:
            self._err.file.write(_ERASE)
            self._err.file.flush()

    def _line(self, line: str, style: str = "") -> None:
        with _GUARD:
            self._said = time.monotonic()
            self._erase()
            self._err.print(Text(printable(line), style=style), soft_wrap=True)


def _rich(stream: Any) -> RichConsole:
    """A rich console with the colours and width of the stream; 80 columns and no colour for a
    pipe."""
    terminal = stream.isatty()
    return RichConsole(
        file=stream,
        width=None if terminal else WIDTH,
        force_terminal=terminal,
        no_color=not terminal or bool(os.environ.get("NO_COLOR")),
        highlight=False,
        markup=False,
        emoji=False,
    )
