# SPDX-License-Identifier: GPL-2.0-only
"""Real kernels in git, made once in the user's cache folder. They are shared: only read them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.kernel_figures import Analysis, analyse
from scripts.kernel_tree import cache_folder, kernel_tree
from tests.kernel.runs import PROFILES, Run, run_all
from tests.snapshots import Snapshot, snapshot

# The user's own cache folder: the tests get another one, by a fixture of each test.
_CACHE = cache_folder()


def _tree(version: str) -> Path:
    return kernel_tree(version, cache=_CACHE)


@pytest.fixture(scope="session")
def linux_6_1() -> Path:
    """Debian's Linux 6.1 in git, one commit, work tree checked out."""
    return _tree("6.1")


@pytest.fixture(scope="session")
def linux_6_12() -> Path:
    """Debian's Linux 6.12 in git, one commit, work tree checked out."""
    return _tree("6.12")


@pytest.fixture
def kernel_copy(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """`kernel_copy(tree)`: a checkout of its own that borrows the objects; may be written to."""

    def copy(tree: Path) -> Path:
        target = tmp_path / tree.name
        subprocess.run(["git", "clone", "-q", "--shared", str(tree), str(target)], check=True)
        made.append(target)
        return target

    made: list[Path] = []
    yield copy
    for target in made:
        shutil.rmtree(target)


@pytest.fixture
def untouched() -> Iterator[Callable[[Path], Path]]:
    """`untouched(tree)`: the tree, and a failure at the end of a test that left a trace in it."""
    before: dict[Path, Snapshot] = {}

    def watch(tree: Path) -> Path:
        before[tree] = snapshot(tree, contents=False)
        return tree

    yield watch
    for tree, then in before.items():
        assert snapshot(tree, contents=False) == then, f"{tree} was written to"


@pytest.fixture(scope="session")
def runs(linux_6_1: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """`gup-migrate run --b4` on Linux 6.1, by profile."""
    return run_all(linux_6_1, tmp_path_factory.mktemp("run"))


@pytest.fixture(params=PROFILES)
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


@pytest.fixture(scope="session")
def analysis_6_1(linux_6_1: Path) -> Analysis:
    return analyse(linux_6_1)


@pytest.fixture(scope="session")
def analysis_6_12(linux_6_12: Path) -> Analysis:
    return analyse(linux_6_12)


@pytest.fixture(params=["6.1", "6.12"])
def analysis(request: pytest.FixtureRequest) -> Analysis:
    """Each of the kernels in turn."""
    found = request.getfixturevalue(f"analysis_{request.param.replace('.', '_')}")
    assert isinstance(found, Analysis)
    return found
