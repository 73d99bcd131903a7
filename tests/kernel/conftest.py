# SPDX-License-Identifier: GPL-2.0-only
"""Real kernels in git, made once in the user's cache folder. They are shared: only read them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from scripts.kernel_figures import Analysis, analyse
from scripts.kernel_tree import cache_folder, installed, kernel_tree
from tests.kernel.runs import PROFILES, Run, run_all
from tests.snapshots import Snapshot, snapshot

KERNELS = os.environ.get("KERNELS", "").split() or installed()[:1] + installed()[1:][-1:]
"""The oldest and the newest of those that are installed, unless `make kernel-test` says which."""

# The user's own cache folder: the tests get another one, by a fixture of each test.
_CACHE = cache_folder()


def _tree(version: str) -> Path:
    return kernel_tree(version, cache=_CACHE)


@pytest.fixture(scope="session")
def linux() -> Path:
    """The oldest kernel of KERNELS in git, one commit, work tree checked out."""
    return _tree(KERNELS[0])


@pytest.fixture(scope="session", params=KERNELS)
def each_linux(request: pytest.FixtureRequest) -> Path:
    """Each of them in turn."""
    return _tree(str(request.param))


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
def runs(linux: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """`gup-migrate run --b4` on the oldest kernel, by profile."""
    return run_all(linux, tmp_path_factory.mktemp("run"))


@pytest.fixture(params=PROFILES)
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


@pytest.fixture(scope="session")
def analyses() -> Callable[[str], Analysis]:
    """`analyses(version)`: what the analysis finds there, worked out once."""

    @cache
    def analysed(version: str) -> Analysis:
        return analyse(_tree(version))

    return analysed


@pytest.fixture(scope="session")
def analysis_6_1(analyses: Callable[[str], Analysis]) -> Analysis:
    if "6.1" not in KERNELS:
        pytest.skip("what was decided by hand is about Linux 6.1, which is not tested here")
    return analyses("6.1")


@pytest.fixture(params=KERNELS)
def analysis(request: pytest.FixtureRequest, analyses: Callable[[str], Analysis]) -> Analysis:
    """Each of the kernels in turn."""
    return analyses(str(request.param))
