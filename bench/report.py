# SPDX-License-Identifier: GPL-2.0-only
"""`python -m bench.report REPORT.JSON [--record FILE]`: how fast report.html is with 5,000 rows.

The rows and groups of a report are repeated until there are 5,000 of each. Chromium without a
window loads the page and does each thing five times; what is measured ends with the next frame
that is drawn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.record import add_record
from migrate.base import codec
from migrate.delivery.report.model import Report
from migrate.delivery.report.write import html

ROWS = 5000
_TIMES = 5

_DONE = """
const done = arguments[arguments.length - 1];
const start = performance.now();
(() => { %s })();
requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
"""
_CHOOSE = (
    "const s = document.querySelector('select[data-field=verdict]');"
    "s.value = s.value === '*' ? s.options[1].value : '*'; s.dispatchEvent(new Event('change'))"
)
_TYPE = (
    "const s = document.getElementById('search');"
    "s.value += 'e'; s.dispatchEvent(new Event('input'))"
)
ACTIONS = {
    "choose a verdict": _CHOOSE,
    "type a letter": _TYPE,
    "clear": "document.getElementById('clear').click()",
    "sort": "document.querySelector('th[data-sort=reason] button').click()",
    "open and close": "document.querySelector('td.place button').click()",
    "scroll to the end": "window.scrollTo(0, document.body.scrollHeight)",
}


def many(report: Report, count: int = ROWS) -> Report:
    """`report` with `count` acquires, each with a group of its own."""
    groups = {group.name: group for group in report.groups}
    rows = [row for row in report.rows if row.group in groups]
    numbers = range(count)
    return replace(
        report,
        rows=tuple(replace(rows[n % len(rows)], group=f"{n}") for n in numbers),
        groups=tuple(replace(groups[rows[n % len(rows)].group], name=f"{n}") for n in numbers),
    )


def measured(page: Path) -> Iterator[tuple[str, list[float]]]:
    """Each action with its times in milliseconds; the first is to load the page."""
    from scripts.browser import chromium, look

    with chromium() as browser:
        look(browser, width=1200, height=900)
        loads = []
        for _ in range(_TIMES):
            start = time.monotonic()
            browser.get(page.as_uri())
            loads.append(1000 * (time.monotonic() - start))
        yield "load", loads
        for name, script in ACTIONS.items():
            yield name, [browser.execute_async_script(_DONE % script) for _ in range(_TIMES)]


def table(megabytes: float, times: list[tuple[str, list[float]]]) -> str:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    lines = [
        f"{ROWS} rows and groups, {megabytes:.0f} MB of report.html, {cores} processors, load"
        f" {load:.0f}:",
        "",
    ]
    lines += ["| what | median, ms | longest, ms |", "| --- | --- | --- |"]
    lines += [f"| {n} | {statistics.median(t):.0f} | {max(t):.0f} |" for n, t in times]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    add_record(parser, "bench.report")
    options = parser.parse_args()
    text = html(many(codec.loads(options.report.read_text(encoding="utf-8"), Report)))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        made = table(page.stat().st_size / 1e6, list(measured(page)))
    print(made, end="")
    if options.record:
        options.record.write(made.splitlines())


if __name__ == "__main__":
    main()
