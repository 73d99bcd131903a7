# SPDX-License-Identifier: GPL-2.0-only
"""What `gup-migrate classify --json` says of each group, read without the classes of any revision.

Two revisions are compared (bench/compare.py), and they need not have the same classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = ("verdict", "rule", "acquires", "releases", "gaps", "warnings")


@dataclass(frozen=True)
class Group:
    """One group and its verdict, as texts; calls are `path:line:column name() in function()`."""

    name: str
    action: str
    verdict: str
    rule: str
    acquires: tuple[str, ...]
    releases: tuple[str, ...]
    gaps: tuple[str, ...]
    warnings: tuple[str, ...]

    def said(self, field: str) -> tuple[str, ...]:
        """The texts of one of FIELDS."""
        value: str | tuple[str, ...] = getattr(self, field)
        return (value,) if isinstance(value, str) else value


def read_groups(data: Mapping[str, Any]) -> list[Group]:
    """All groups of a classification; a ValueError for data that are none."""
    try:
        verdicts = {verdict["group"]: verdict for verdict in data["verdicts"]}
        return [_group(group, verdicts[group["name"]]) for group in data["groups"]]
    except (LookupError, TypeError) as error:
        raise ValueError(f"no classification: {error!r}") from error


def _group(group: Mapping[str, Any], verdict: Mapping[str, Any]) -> Group:
    case = f"CASE {verdict['case']}" if verdict["case"] else ""
    words = (verdict["action"], case, verdict["confidence"] or "")
    return Group(
        name=group["name"],
        action=verdict["action"],
        verdict=", ".join(word for word in words if word),
        rule=verdict["rule"],
        acquires=tuple(sorted(_call(call) for call in group["acquires"])),
        releases=tuple(sorted(_call(call) for call in group["releases"])),
        gaps=tuple(sorted(_gap(gap) for gap in group["gaps"])),
        warnings=tuple(sorted(verdict["warnings"])),
    )


def _call(call: Mapping[str, Any]) -> str:
    place = call["place"]
    where = f"{place['path']}:{place['line']}:{place['column']}"
    return f"{where} {call['name']}() in {call['function']}()"


def _gap(gap: Any) -> str:
    """The sentence; revisions before the kinds of gaps had nothing else."""
    return gap if isinstance(gap, str) else str(gap["text"])
