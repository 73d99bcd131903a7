# SPDX-License-Identifier: GPL-2.0-only
"""Every line for the terminal: results on standard output, how it goes on standard error."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from migrate.base import codec
from migrate.base.errors import Refusal

if TYPE_CHECKING:
    from rich.progress import Progress

    from migrate.delivery.explain import Note

WIDTH = 80
"""Columns of tables where there is no terminal to ask."""

_PLAIN_EVERY = 10.0
"""Seconds between two lines on the same work where progress bars cannot be shown."""

_LABEL = 18
"""Columns of the labels of facts."""

_STATE_STYLE = {"converted": "green", "kept": "dim", "manual": "yellow"}
_VERDICT_STYLE = {"pin": "green", "follow": "cyan", "keep": "dim", "manual": "yellow"}


class Console:
    """Shows what the pipeline tells it, and tables, notes and errors."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._out = _rich(sys.stdout)
        self._err = _rich(sys.stderr)
        self._verbose = verbose
        self._guard = threading.Lock()
        self._bars: Progress | None = None
        self._task: Any = None
        self._said = time.monotonic()
        self._stage = ""
        # The work at hand: when it began, and how much was ready by then.
        self._what, self._since, self._before = "", 0.0, 0

    # What the pipeline tells

    def started(self, stage: str) -> None:
        self._stage = stage
        self._said = time.monotonic()
        if self._err.is_terminal:
            self._start_bars()
        else:
            self._line(f"{stage}: started")

    def reused(self, stage: str, summary: str) -> None:
        self._line(f"{stage:<9} {summary} (nothing changed since)")

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        self._stop_bars()
        self._line(f"{stage:<9} {summary}, {duration(seconds)}")

    def progress(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `what` are ready."""
        with self._guard:
            if self._bars is not None:
                text = _clip(_printable(what), 36)
                self._bars.update(self._task, description=text, completed=done, total=total or None)
                return
            now = time.monotonic()
            if what != self._what:
                self._what, self._since, self._before = what, now, done
            if now - self._said >= _PLAIN_EVERY:
                self._said = now
                left = _left(now - self._since, done - self._before, total - done)
                self._line(f"{self._stage}: {what}: {done} of {total}{left}")

    def notice(self, line: str) -> None:
        self._line(line, style="yellow")

    def detail(self, line: str) -> None:
        """A line for --verbose only."""
        if self._verbose:
            self._line(line, style="dim")

    # Results

    def say(self, line: str = "") -> None:
        """One line of the result, as it is."""
        self._out.print(Text(_printable(line)), soft_wrap=True)

    def json(self, value: Any) -> None:
        """`value`, a dataclass or plain data, as JSON on standard output."""
        sys.stdout.write(json.dumps(codec.to_data(value), indent=1, sort_keys=True) + "\n")

    def table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table that fits the terminal, or 80 columns; what is long belongs at the end."""
        table = Table(box=None, pad_edge=False, show_header=any(heads))
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(text) for text in row))
        if title:
            self.say(title)
        # The padding of the last column would be seen in every file that this goes to.
        with self._out.capture() as made:
            self._out.print(table)
        self._write("\n".join(line.rstrip() for line in made.get().split("\n")))

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """A label and what there is to say about it; paths stay whole, to be copied."""
        width = (self._out.width if self._out.is_terminal else WIDTH) - _LABEL
        for label, value in facts:
            lines = textwrap.wrap(
                _printable(value), width, break_long_words=False, break_on_hyphens=False
            )
            for number, line in enumerate(lines or [""]):
                self.say(f"{label if number == 0 else '':<{_LABEL}}{line}")

    def notes(self, notes: Iterable[Note]) -> None:
        """Like a compiler: place, severity, text, then the line and a caret below it."""
        for note in notes:
            head = Text()
            if note.path:
                place = f"{_printable(note.path)}:{note.line}:{note.column + 1}: "
                head.append(place, style="bold")
            head.append(f"{note.severity}: ", style=_severity_style(note.severity))
            head.append(_printable(note.text))
            self._out.print(head, soft_wrap=True)
            if note.source is not None:
                self._out.print(Text(f"{note.line:>6} | {_printable(note.source)}"), soft_wrap=True)
                # Tabs of the line are kept in front of the caret, so that it stays below.
                lead = "".join(c if c == "\t" else " " for c in note.source[: note.caret])
                self._out.print(Text(f"       | {lead}^", style="green"), soft_wrap=True)

    def _write(self, text: str) -> None:
        self._out.file.write(text)
        self._out.file.flush()

    def ask(self, question: str) -> str | None:
        """The line that the user types after `question`; None at the end of the input."""
        self._out.print(Text(question, style="bold"), end="")
        self._out.file.flush()
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None

    # Ends

    def refusal(self, refusal: Refusal) -> None:
        self._stop_bars()
        error = Text("error: ", style="bold red")
        error.append(_one_line(refusal.what), style="not bold default")
        self._err.print(error, soft_wrap=True)
        if refusal.next_step:
            self._err.print(Text(_one_line(refusal.next_step)), soft_wrap=True)

    def bug(self, log: str) -> None:
        self._stop_bars()
        self.refusal(
            Refusal(
                "gup-migrate ran into a bug of its own.",
                f"Please send {log} with your report; what was done so far is kept.",
            )
        )

    def close(self) -> None:
        """Put the terminal back as it was."""
        self._stop_bars()

    def _start_bars(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._stop_bars()
        self._bars = Progress(
            TextColumn(f"{self._stage:<9}"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=self._err,
            transient=True,
        )
        self._task = self._bars.add_task("", total=None)
        self._bars.start()

    def _stop_bars(self) -> None:
        with self._guard:
            bars, self._bars = self._bars, None
        if bars is not None:
            bars.stop()

    def _line(self, line: str, style: str = "") -> None:
        self._err.print(Text(_printable(line), style=style), soft_wrap=True)


def _left(seconds: float, done: int, left: int) -> str:
    """How long `left` units will take when `done` took that long, "" when nobody can tell."""
    return f", about {duration(seconds * left / done)} left" if done > 0 and left > 0 else ""


def duration(seconds: float) -> str:
    """Seconds for people: 0.3 s, 42 s, 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _rich(stream: Any) -> RichConsole:
    """Colour and width as the stream has them; 80 columns and no colour for a pipe."""
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


def _cell(text: str) -> Text:
    style = _VERDICT_STYLE.get(text) or _STATE_STYLE.get(text) or ""
    return Text(_printable(text), style=style)


def _severity_style(severity: str) -> str:
    return {"warning": "bold magenta", "error": "bold red"}.get(severity, "bold cyan")


def _printable(text: str) -> str:
    """No control character of the tree reaches the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _one_line(text: str) -> str:
    return _printable(" ".join(text.split()))


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else "\u2026" + text[1 - width :]
