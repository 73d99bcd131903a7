# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.audit_judgements`: write docs/audit-6.1.md from the judgements.

The judgements are in tests/kernel/data/audit.toml, one for each finding on each kernel, written by
people who read the source. tests/kernel/test_audit.py compares them with what an audit finds.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "kernel" / "data" / "audit.toml"
TARGET = ROOT / "docs" / "audit-6.1.md"
JUDGED = ("true", "false", "unclear")

_HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by `python -m scripts.audit_judgements`; do not edit. -->
# The audit of Linux {kernels}

Every finding of `gup-migrate audit`, checked by hand in the source. The judgements are in
`tests/kernel/data/audit.toml`. `tests/kernel/test_audit.py` compares those of 6.1 and 6.12, which
are Debian's kernels, with the audit, and fails if a finding is new or missing. The kernels are
{versions}.
"""


@dataclass(frozen=True, order=True)
class Judgement:
    """One finding, by the kernel's version, and whether it is `judged` true, false or unclear."""

    kernel: str
    path: str
    line: int
    function: str
    rule: str
    judged: str
    why: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What the finding itself says: the rule and the place."""
        return self.rule, self.path, self.line, self.function


def read() -> tuple[dict[str, Any], list[Judgement]]:
    """All of the file, and the judgements in it."""
    data = tomllib.loads(DATA.read_text("utf-8"))
    found = [Judgement(**entry) for entry in data["finding"]]
    for judgement in found:
        if judgement.judged not in JUDGED or judgement.kernel not in data["kernels"]:
            raise ValueError(f"{DATA}: {judgement}")
    return data, found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def document() -> str:
    """The whole file."""
    data, found = read()
    kernels = data["kernels"]
    versions = [data["versions"][kernel] for kernel in kernels]
    lines = [_HEAD.format(kernels=_listed(kernels), versions=_listed(versions))]
    lines += ["| kernel | findings | true | false | unclear |", "| --- | --- | --- | --- | --- |"]
    for kernel in kernels:
        counts = Counter(j.judged for j in found if j.kernel == kernel)
        cells = [str(counts[judged]) for judged in JUDGED]
        lines.append(f"| {kernel} | {counts.total()} | {' | '.join(cells)} |")
    for kernel in kernels:
        lines += ["", f"## {kernel}", "", "| place | rule | judged | why |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [
            f"| {j.path}:{j.line} | {j.rule} | {j.judged} | {j.why} |"
            for j in found
            if j.kernel == kernel
        ]
    lines += ["", "## Looked at and rightly not reported", ""]
    lines += ["| place | why it looks like a finding | why it is none |", "| --- | --- | --- |"]
    lines += [f"| {n['place']} | {n['looks']} | {n['why']} |" for n in data["none"]]
    lines += ["", "## Wrong and not reported", ""]
    lines += ["| place | what is wrong | why it is not seen |", "| --- | --- | --- |"]
    lines += [f"| {n['place']} | {n['what']} | {n['why']} |" for n in data["missed"]]
    return "\n".join(lines) + "\n"


def main() -> int:
    TARGET.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
