# SPDX-License-Identifier: GPL-2.0-only
"""Writes report.json, report.md and report.html: the same contents for three kinds of readers."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from migrate.base import codec
from migrate.base.programs.templates import Fill, fill, own_templates
from migrate.delivery.report.markdown import markdown
from migrate.delivery.report.model import Area, Report

_TEMPLATES = Path(__file__).resolve().parent / "page"
_HTML = "report.html.j2"
_COLUMNS = (
    ("place", "Place"),
    ("verdict", "Verdict"),
    ("case", "CASE"),
    ("subsystem", "Subsystem"),
    ("maintainer", "Maintainer"),
    ("state", "State"),
    ("built", "Build"),
    ("proof", "Run"),
    ("reason", "Reason"),
)
"""The columns of the table: the field of a row that is sorted by, and its heading."""

# Inside <script type="application/json"> only these can end the element or the text.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the report's three files into the existing folder `folder`; returns their paths."""
    texts = {
        "report.json": codec.dumps(report),
        "report.md": markdown(report),
        "report.html": html(report),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8", "backslashreplace"))
    return tuple(folder / name for name in texts)


def html(report: Report) -> str:
    """One self-contained page. jinja2 escapes everything; the data is embedded as JSON."""
    values = {
        "report": report,
        "names": embedded([group.name for group in report.groups]),
        "rows": embedded(codec.to_data(report.rows)),
        "groups": [embedded(codec.to_data(group)) for group in report.groups],
        "columns": _COLUMNS,
        "map": _map(report),
        "most": max((step.count for step in report.funnel), default=0) or 1,
        "choices": _choices(report),
    }
    (page,) = fill(own_templates(_TEMPLATES), [Fill(_HTML, values)], "page")
    return page


def embedded(data: object) -> Markup:
    """`data` as JSON that is safe between <script> tags, whatever text the tree contains."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Markup("".join(_UNSAFE.get(character, character) for character in text))


def _choices(report: Report) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The filters of the table: field, its label and every value that occurs."""
    rows = report.rows
    return {
        "verdict": ("Verdict", tuple(sorted({r.verdict for r in rows}))),
        "case": ("CASE", tuple(sorted({r.case for r in rows}))),
        "state": ("State", tuple(sorted({r.state for r in rows}))),
        "built": ("Build", tuple(sorted({r.built for r in rows}))),
        "proof": ("Run", tuple(sorted({r.proof for r in rows}))),
        "area": ("Directory", tuple(sorted({r.area for r in rows}))),
        "subsystem": ("Subsystem", tuple(sorted({r.subsystem for r in rows}))),
        "maintainer": ("Maintainer", tuple(sorted({m for r in rows for m in r.maintainers}))),
    }


def _map(report: Report) -> list[tuple[str, int, list[Area]]]:
    """Top-level directories with their number of acquires and the areas below them."""
    found: dict[str, list[Area]] = {}
    for area in report.areas:
        found.setdefault(area.directory.split("/")[0], []).append(area)
    return [
        (top, sum(a.converted + a.kept + a.manual for a in areas), areas)
        for top, areas in found.items()
    ]
