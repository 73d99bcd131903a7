# SPDX-License-Identifier: GPL-2.0-only
"""Bugs in the handling of user pages that people fixed, each as a pair: before and after the fix.

A pair is one file in pairs/: lines that begin with # say what it is of, the rest is code of our own
with the shape of the fix, as a diff with all of its context. Three lines are for machines:

    # class: 1
    # rule: left-behind
    # fixed: 2020-05

`class` is one of :data:`CLASSES`, `rule` what an audit is to say of the code before, `fixed` when
people fixed it. `# seen:` says where the fix can be read: a commit, a changelog, or two kernels of
which the later one has it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrate.analysis.audit.model import SUGGESTIONS, AuditRule, Finding
from migrate.analysis.audit.run import audit
from migrate.analysis.pairing.pair import pair
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from tests.analysis.memory import scan_of, tree_of

FOLDER = Path(__file__).with_name("pairs")
CLASSES = {
    1: "left behind on an error path",
    2: "wrong counts",
    3: "mixed kinds",
    4: "context",
    5: "flags and dirtying",
    6: "pins on CASE 3 and CASE 4 sites",
}
_FIELD = re.compile(r"# (\w+): (.+)")


@dataclass(frozen=True)
class Pair:
    """One fix: the code `before` and `after` it, and what is to be said of it."""

    name: str
    number: int
    rule: str
    fixed: str
    seen: str
    before: str
    after: str

    @property
    def drawn(self) -> bool:
        """Whether it belongs to the third that is not looked at while a rule is made."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 3 == 0

    def counted(self, text: str) -> tuple[Finding, ...]:
        """What an audit says of `text`, one side of this pair, that is about what the pair is of:
        where that is a release, what is done with the pages in between only stands for something,
        and the flags with it. That a plain reference should be a pin is what a migration is for.
        """
        others = {AuditRule.UNPINNED_DATA} if self.rule in set(SUGGESTIONS) else SUGGESTIONS
        return tuple(f for f in findings(text) if f.rule == self.rule or f.rule not in others)

    def is_named(self, found: tuple[Finding, ...]) -> bool:
        """Whether the bug is among what was found before the fix."""
        return any(finding.rule == self.rule for finding in found)


def findings(text: str) -> tuple[Finding, ...]:
    """What an audit says of one file."""
    tree = tree_of({"drivers/demo/demo.c": text})
    found = scan_of(tree, names=(*GUP_NAMES, *PIN_NAMES))
    result = audit(tree, found, pair(tree, found))
    return (*result.findings, *result.suggestions)


@cache
def pairs() -> tuple[Pair, ...]:
    """The whole corpus, by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.diff")))


def _read(path: Path) -> Pair:
    text = path.read_text(encoding="utf-8")
    fields = dict(_FIELD.findall(text))
    code = [line for line in text.splitlines() if not line.startswith("# ")]
    return Pair(
        path.stem,
        int(fields["class"]),
        fields["rule"],
        fields["fixed"],
        fields["seen"],
        "\n".join(side(code, "-")),
        "\n".join(side(code, "+")),
    )


def side(lines: list[str], sign: str) -> Iterator[str]:
    """One side of a diff; an empty line is one of its context."""
    for line in lines:
        if not line or line[0] in (" ", sign):
            yield line[1:]
        elif line[0] not in "+-":
            raise ValueError(f"neither context nor a change: {line!r}")
