# SPDX-License-Identifier: GPL-2.0-only
"""What the analysis finds in real kernels, as figures that the tests compare with.

    python -m scripts.kernel_figures 6.1 6.12      writes tests/kernel/data/figures.json anew

Run it when a change of the analysis is meant to change them, and look at the difference.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Classification, Pairing, Scan
from migrate.analysis.pairing.pair import pair
from migrate.analysis.program.program import Program
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.fixes.first import with_fixes
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from scripts.kernel_tree import kernel_tree

PROFILES = ("vaddr-pin", "pin-user-pages")
FIGURES = Path(__file__).resolve().parents[1] / "tests" / "kernel" / "data" / "figures.json"


@dataclass(frozen=True)
class Analysis:
    """All stages up to the verdicts on one tree, the last by profile; and the groups of what
    pins already."""

    tree: Tree
    scan: Scan
    pairing: Pairing
    classifications: dict[str, Classification]
    pinned: Pairing


class NoCache:
    """A cache that never has anything, so that everything is worked out."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


def analyse(root: Path) -> Analysis:
    """Scan, pair and classify the kernel at `root` from nothing; takes minutes."""
    tree = open_tree(root)
    program = Program(tree)
    found = _scan(tree, GUP_NAMES, program)
    pairing = pair(tree, found, program=program)
    verdicts = {}
    for name in PROFILES:
        profile = load_profile(name)
        verdicts[name] = with_fixes(tree, classify(tree, pairing, profile=profile), profile)
    pinned = pair(tree, _scan(tree, PIN_NAMES, program), program=program)
    return Analysis(tree, found, pairing, verdicts, pinned)


def _scan(tree: Tree, names: tuple[str, ...], program: Program) -> Scan:
    return scan(
        tree, cache=NoCache(), jobs=2, progress=lambda *_: None, names=names, program=program
    )


def figures(analysis: Analysis) -> dict[str, object]:
    """Acquires (those of GUP itself and those of helpers over it), groups and verdicts."""
    direct = [a for a in analysis.scan.acquires if a.name in GUP_NAMES]
    released = [g for g in analysis.pairing.groups if g.releases]
    return {
        "acquires": len(direct),
        "acquires through helpers": len(analysis.scan.acquires) - len(direct),
        "not understood by both finders": len(analysis.scan.unparsed),
        "groups": len(analysis.pairing.groups),
        "groups with a release": len(released),
        "complete groups with a release": sum(not group.gaps for group in released),
        "releases": sum(len(group.releases) for group in released),
        "verdicts": {
            name: dict(sorted(Counter(str(v.action) for v in found.verdicts).items()))
            for name, found in analysis.classifications.items()
        },
        "pinned already": _pinned(analysis.pinned),
    }


def _pinned(pairing: Pairing) -> dict[str, int]:
    """The same machinery on what pins: every acquire is in a group that is complete, says what
    could not be followed, or has nothing to release."""
    acquires = [a for group in pairing.groups for a in group.acquires]
    whole = [g for g in pairing.groups if g.releases and not g.gaps]
    return {
        "acquires": len(acquires),
        "functions": len({(a.place.path, a.function) for a in acquires}),
        "groups": len(pairing.groups),
        "complete groups with a release": len(whole),
        "groups with a gap": sum(bool(g.gaps) for g in pairing.groups),
        "releases": sum(len(g.releases) for g in pairing.groups),
    }


def version_of(analysis: Analysis) -> str:
    """The full version, as 6.1.100: figures of another one prove nothing."""
    return ".".join(map(str, analysis.tree.version))


def main(versions: list[str]) -> int:
    stored = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    for version in versions:
        analysis = analyse(kernel_tree(version))
        stored[version_of(analysis)] = figures(analysis)
    FIGURES.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["6.1", "6.12"]))
