# SPDX-License-Identifier: GPL-2.0-only
"""The shapes after the rewrite, as one diff a shape and profile in data/.

`python -m tests.shapes.rewritten` writes them anew; look at what changed before you commit it.
"""

from __future__ import annotations

import difflib
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Classification
from migrate.analysis.pairing.pair import pair
from migrate.kernel.tree import Tree, open_tree
from migrate.rewrite.model import FileChange, Rewrite
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited
from tests.rewrite.trees import DATA as SOURCES
from tests.shapes.world import PROFILES, Shape, make_tree, shapes

DATA = Path(__file__).parent / "data"


class NoCache:
    """A cache that never has anything."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


def with_implementation(tree: Path) -> Path:
    """The checkout `tree` with the file that an API is added to, committed."""
    (tree / "mm").mkdir(exist_ok=True)
    (tree / "mm" / "gup.c").write_bytes((SOURCES / "sources" / "6.1.gup.c").read_bytes())
    return committed(tree)


def committed(tree: Path) -> Path:
    for args in (("add", "-A", "-f"), ("commit", "-q", "-m", "Go on")):
        subprocess.run(["git", "-C", str(tree), *args], check=True, capture_output=True)
    return tree


def classified(tree: Tree, profile: str) -> Classification:
    """What scan, pair and classify make of a tree."""
    found = scan(tree, cache=NoCache(), jobs=2, progress=lambda *_: None)
    return classify(tree, pair(tree, found), profile=load_profile(profile))


def converted(tree: Tree, classification: Classification, profile: str) -> Rewrite:
    return rewrite_audited(tree, classification, load_profile(profile), lambda path: path)


def changes(result: Rewrite) -> dict[str, tuple[bytes, bytes]]:
    """Every file that the groups or the API change, before and after all of them."""
    found: dict[str, tuple[bytes, bytes]] = {}
    steps: list[FileChange] = [f for commit in result.api.commits for f in commit]
    steps += [f for change in result.changes for f in change.files]
    for file in steps:
        before = found[file.path][0] if file.path in found else file.before or b""
        found[file.path] = (before, file.after)
    return found


def diff(shape: Shape, changed: Mapping[str, tuple[bytes, bytes]]) -> str:
    """What became of the files of `shape`, "" when nothing did."""
    text = ""
    for path in shape.files:
        if path in changed:
            old, new = (part.decode().splitlines(keepends=True) for part in changed[path])
            text += "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"))
    return text


def expected(shape: Shape, profile: str) -> Path:
    return DATA / f"{shape.name}.{profile}.diff"


def _write() -> None:
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = open_tree(with_implementation(make_tree(Path(folder) / "linux")))
        for profile in PROFILES:
            result = changes(converted(tree, classified(tree, profile), profile))
            for shape in shapes():
                text = diff(shape, result)
                expected(shape, profile).unlink(missing_ok=True)
                if text:
                    expected(shape, profile).write_text(text)


if __name__ == "__main__":
    sys.exit(_write())
