# SPDX-License-Identifier: GPL-2.0-only
"""The analysis of all shapes, run once however many processes run the tests."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.analysis.acquires.scan import scan
from migrate.analysis.model import Classification, Pairing, Scan
from migrate.analysis.pairing.pair import pair
from migrate.base import codec
from migrate.kernel.tree import open_tree
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from tests.conftest import GIT_CONFIG
from tests.shapes.world import make_tree


@dataclass(frozen=True)
class Analysis:
    """What the stages make of the tree with all shapes; `seconds` is for scan and pair."""

    scan: Scan
    pairing: Pairing
    seconds: float


class NoCache:
    """A cache that never has anything."""

    def get(self, _key: str) -> str | None:
        return None

    def put(self, _key: str, _value: str) -> None:
        return None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Only one process at a time is inside."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def git_identity(home: Path) -> Iterator[None]:
    """The fixture `home` is made for each test; this one lives as long as the session."""
    before = os.environ.get("HOME")
    (home / ".gitconfig").write_text(GIT_CONFIG)
    os.environ["HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = before


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of one run of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shapes"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shapes_tree(shared_folder: Path) -> Path:
    """A checkout with all shapes; nobody writes to it."""
    tree = shared_folder / "linux"
    with alone(shared_folder / "tree.lock"), git_identity(shared_folder):
        if not (shared_folder / "tree.done").exists():
            make_tree(tree)
            (shared_folder / "tree.done").touch()
    return tree


@pytest.fixture(scope="session")
def analysis(shapes_tree: Path, shared_folder: Path) -> Analysis:
    """Scan, with both finders, and pair."""
    stored = shared_folder / "analysis.json"
    with alone(shared_folder / "analysis.lock"), git_identity(shared_folder):
        if not stored.exists():
            tree = open_tree(shapes_tree)
            start = time.monotonic()
            found = scan(tree, cache=NoCache(), jobs=2, progress=lambda *_: None)
            pairing = pair(tree, found)
            codec.write(stored, Analysis(found, pairing, time.monotonic() - start))
        return codec.loads(stored.read_text(), Analysis)


@pytest.fixture(scope="session")
def classifications(analysis: Analysis, shapes_tree: Path) -> dict[str, Classification]:
    """The verdicts by profile."""
    tree = open_tree(shapes_tree)
    return {
        name: classify(tree, analysis.pairing, profile=load_profile(name))
        for name in ("vaddr-pin", "pin-user-pages")
    }
