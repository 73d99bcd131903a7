# SPDX-License-Identifier: GPL-2.0-only
"""The result of bench/redo.py as a page of documentation."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.unpin import Site

PINNED = "pinned again"
_JUDGED = Path(__file__).parent / "judged.toml"
_WORDS = (PINNED, "manual", "kept", "follow", "not found")


@dataclass(frozen=True)
class Row:
    """One site that people pinned: `outcome` is one of the words of the table, `rule` what
    decided, `why` a reason for all but "pinned again"."""

    site: Site
    outcome: str
    rule: str
    why: str


@dataclass(frozen=True)
class Result:
    """All that was compared. `releases` counts calls after bulk releases became loops, `missed`,
    `unclaimed` (beside a converted group, in a file whose own sites were left alone) and `extra`
    name them; `same` is how many files came out alike, and which did not."""

    rows: tuple[Row, ...]
    releases: int
    released: int
    missed: tuple[str, ...]
    unclaimed: tuple[str, ...]
    extra: tuple[str, ...]
    same: tuple[int, tuple[str, ...]]
    not_undone: int


def as_markdown(
    result: Result, version: str, mark: str = "", contracts: tuple[str, ...] = ()
) -> str:
    """docs/accuracy.md, whole; `mark` says what was measured, `contracts` which facts the tool was
    given."""
    judged = tomllib.loads(_JUDGED.read_text("utf-8"))
    _, other = result.same
    lines = [
        "<!-- SPDX-License-" + "Identifier: GPL-2.0-only -->",
        "<!-- Made by `python -m bench.redo LINUX --record docs/accuracy.md`; do not edit. -->",
        *([mark] if mark else []),
        "# Accuracy",
        "",
        "Every pin that people made outside mm/ and include/ is turned back into a plain",
        "reference; bulk releases become, in turn, loops upward, loops downward, countdowns with",
        "while, and release_pages(). Then the tool runs, with the profile pin-user-pages and no",
        "decisions file, and is compared with what people did.",
        "",
        f"Linux {version}, {len(result.rows)} sites:",
        "",
        *_counts(result),
        "",
        *_listed("With these contracts", contracts),
        *_listed("Missed", result.missed),
        *_listed("In no group", result.unclaimed),
        *_listed("Left as it was by people", _with_judgement(result.extra, judged["left"])),
        *_listed("Different text", other),
        "## Sites",
        "",
        *_table(result.rows, judged["kept"]),
        "",
    ]
    return "\n".join(lines)


def as_section(result: Result, version: str, contracts: tuple[str, ...] = ()) -> list[str]:
    """The lines of a section of docs/accuracy.md about one more kernel, with the sites that are not
    pinned again."""
    judged = tomllib.loads(_JUDGED.read_text("utf-8"))
    items = [*result.missed, *_with_judgement(result.extra, judged["left"]), *result.same[1]]
    return [
        f"## The same on Linux {version}",
        "",
        f"{len(result.rows)} sites:",
        "",
        *_counts(result),
        "",
        *(f"- With: {contract}" for contract in contracts),
        *(f"- {item}" for item in items),
        "",
        *_table([row for row in result.rows if row.outcome != PINNED], judged["kept"]),
    ]


def _counts(result: Result) -> list[str]:
    """What became of the sites and the releases."""
    counts = Counter(row.outcome for row in result.rows)
    same, other = result.same
    return [
        "| outcome | sites |",
        "| --- | --- |",
        *(f"| {word} | {counts[word]} |" for word in _WORDS),
        "",
        f"- Releases turned back: {result.releases}, converted again: {result.released}."
        f" Not turned back: {result.not_undone}.",
        f"- Releases missed beside a converted group: {len(result.missed)}.",
        "- In no group, beside a converted group, in a file whose own sites were left alone:"
        f" {len(result.unclaimed)}.",
        f"- Converted although people left it as it was: {len(result.extra)}.",
        f"- Files converted whole: {same + len(other)}, of which {same} are equal to what people"
        " have, up to white space and loops that are not folded.",
    ]


def _table(rows: Iterable[Row], judged: Mapping[str, str]) -> list[str]:
    heads = ["| site | function | outcome | rule | why |", "| --- | --- | --- | --- | --- |"]
    return [*heads, *(_row(row, judged) for row in rows)]


def _listed(title: str, items: tuple[str, ...]) -> list[str]:
    return [f"## {title}", "", *(f"- {item}" for item in items), ""] if items else []


def _with_judgement(items: tuple[str, ...], judged: Mapping[str, str]) -> tuple[str, ...]:
    found = {item: judged.get(item.split(":")[0]) for item in items}
    return tuple(f"{item}: {why}" if why else item for item, why in found.items())


def _row(row: Row, judged: Mapping[str, str]) -> str:
    why = row.why
    if row.outcome == "kept" and row.site.path in judged:
        why = f"{why} {judged[row.site.path]}"
    cells = [f"{row.site.path}:{row.site.line}", row.site.function, row.outcome, row.rule, why]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
