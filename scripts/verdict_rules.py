# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.verdict_rules`: write docs/verdict-rules.md from the rules themselves."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from migrate.analysis.model import Action
from migrate.analysis.verdicts.question import Rule
from migrate.analysis.verdicts.rules import RULES

TARGET = Path(__file__).resolve().parents[1] / "docs" / "verdict-rules.md"
CASES = {
    "1": "direct I/O: a device works on the data, for a short time",
    "2": "RDMA and the like: a device works on the data, for a long time",
    "3": "an MMU notifier removes the mapping when a page moves",
    "4": "only struct page is looked at",
    "5": "the kernel itself reads or writes the data",
    "": "none of them",
}
"""What the numbers of Documentation/core-api/pin_user_pages.rst stand for."""

_HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by `python -m scripts.verdict_rules`; do not edit. -->
# The rules of verdicts

The rules are tried in this order, and the first one that applies decides. Each is one function of
that name in `migrate/analysis/verdicts/rules/`, and `explain` names the one that decided. Your
own decisions override all of them ([decisions.md](decisions.md)).

High confidence requires evidence on every path through the code. For each rule that can have it,
the project has code that looks similar but must not match:
`kernel-fixtures/shapes/counter-shapes.toml`. A call whose number of arguments differs from the
prototype in the tree, or whose arguments the parser does not understand, is always `manual`. Code
for other versions of the kernel (`LINUX_VERSION_CODE`) is not changed: a group is decided as if
that code did not exist, and a warning in the report and in the patch says where it is.
"""

_COLUMNS = (
    "| | rule | CASE | verdict | confidence | when |",
    "| --- | --- | --- | --- | --- | --- |",
)

_PROFILE = """\
The profile comes last: a group that should be converted is `manual` by `no_counterpart` if the
profile has no counterpart for one of its functions in this tree. A group that is `manual` by
`through_helper` becomes `pin` by `extracted` if the profile has another helper, which pins, and
each path through the code that takes the pages also drops them where the iterator is available.
Callers of a helper that is part of GUP itself are one group: `keep` by `of_core` if a plain
reference is right for all of them, else `manual`."""


def document() -> str:
    """The whole file."""
    lines = [_HEAD, *_COLUMNS]
    for number, rule in enumerate(RULES, 1):
        cases = ", ".join(case for case in rule.cases if case) or "-"
        actions = " or ".join(rule.actions)
        row = (f"{number}", f"`{rule.name}`", cases, actions, _confidence(rule), _when(rule))
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        _PROFILE,
        "",
        "## By CASE",
        "",
        "| CASE | what it is | rules |",
        "| --- | --- | --- |",
    ]
    for case, meaning in CASES.items():
        names = [f"{n} `{r.name}`" for n, r in enumerate(RULES, 1) if case in r.cases]
        lines.append(f"| {case or '-'} | {meaning} | {', '.join(names)} |")
    return "\n".join(lines) + "\n"


def _confidence(rule: Rule) -> str:
    if rule.actions == (Action.MANUAL,):
        return "low"
    return "up to high" if rule.high else "medium"


def _when(rule: Rule) -> str:
    text = " ".join((inspect.getdoc(rule.ask) or "").split())
    text = re.sub(r"^CASE [^:]*: ", "", text)
    return text[:1].upper() + text[1:]


def main() -> int:
    TARGET.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
