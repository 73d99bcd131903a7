# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.gap_kinds`: write docs/gaps.md from the kinds of gaps and their words."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from migrate.analysis.gaps import GapKind
from migrate.analysis.verdicts.gap_words import WORDING
from migrate.analysis.verdicts.wording import template

TARGET = Path(__file__).resolve().parents[1] / "docs" / "gaps.md"

_HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by `python -m scripts.gap_kinds`; do not edit. -->
# What could not be followed

The rules convert a group only when all of it was followed. What was not is a gap: one line under
"not followed" in `explain` and in the report, and one in the table of `pair`. When you have checked
each gap of a group in the code, a decision with `despite_gaps = true`
([decisions.md](decisions.md)) converts it. Where one fact closes a gap, `gup-migrate gaps` names
it, and a contract states it: [contracts.md](contracts.md).

Each gap has one of the kinds below, in brackets behind its line in report.html and report.md.
`gap_kinds` of report.json has them in the order of `gaps`; `pair --json` and `classify --json`
have them with place, subject and function.
"""

_COLUMNS = ("| kind | line | what to check |", "| --- | --- | --- |")

SECTIONS = {
    "What a finder skips": GapKind.SPATCH_SKIPS,
    "The call that acquires": GapKind.ACQUIRE_OUTSIDE_FUNCTION,
    "Where the pages go": GapKind.NO_RELEASE,
    "Who may use their storage": GapKind.PUBLIC_STRUCT,
    "Code that may release them": GapKind.CODE_UNCLEAR,
    "Pages that a struct borrows": GapKind.LENT_RELEASED,
    "Releases that drop other pages": GapKind.OTHER_CALL_MAY_FILL,
    "Releases that may drop other pages": GapKind.RELEASED_NO_VARIABLE,
}
"""The headings, each with the kind that its table begins with."""


def document() -> str:
    """The whole file."""
    lines = [_HEAD.rstrip("\n")]
    titles = {kind: title for title, kind in SECTIONS.items()}
    for kind in GapKind:
        if kind in titles:
            lines += ["", f"## {titles[kind]}", "", *_COLUMNS]
        lines.append(f"| `{kind}` | {_line(kind)} | {WORDING[kind].check} |")
    return "\n".join(lines) + "\n"


def _line(kind: GapKind) -> str:
    names = {"callee": "*function*()", "at": "*place*"}
    return re.sub(r"\{(\w+)\}", lambda m: names.get(m[1], f"*{m[1]}*"), template(kind))


def main() -> int:
    TARGET.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
