# SPDX-License-Identifier: GPL-2.0-only
"""What every test has: a home of its own, and the miniature kernel.

hypothesis takes the same examples in every run, so that nothing fails by chance; 10,000 others,
new ones each time, with `--hypothesis-profile=long`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.hidden import path_without
from tests.snapshots import Snapshot, snapshot

# A busy machine is no failure either: nothing is timed.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=10_000, deadline=None, derandomize=False)
settings.load_profile("same")

PROJECT = Path(__file__).resolve().parents[1]
# Variables of a caller that would change what a test sees: `make test` is a make itself.
OTHERS = (
    *("GIT_", "XDG_", "EMAIL", "MAKE", "MFLAGS", "FAIL", "WARN", "KBUILD_", "KCONFIG_"),
    *("ARCH", "CROSS_COMPILE"),
)
GIT_CONFIG = """\
[user]
	name = Test Author
	email = author@example.org
[init]
	defaultBranch = main
[gc]
	auto = 0
[safe]
	directory = *
"""


def pytest_configure(config: pytest.Config) -> None:
    """With WITHOUT=ccache in the environment no test, and nothing that it starts, finds ccache."""
    name = os.environ.get("WITHOUT", "")
    if name and shutil.which(name):
        scratch = tempfile.TemporaryDirectory(prefix="without-")
        config.add_cleanup(scratch.cleanup)
        Path(scratch.name).chmod(0o755)  # a compile server has a user of its own
        os.environ["PATH"] = path_without(name, os.environ["PATH"], Path(scratch.name))


@pytest.fixture(scope="session", autouse=True)
def _home_of_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same for fixtures that tests share, which are made before that of any test."""
    with pytest.MonkeyPatch.context() as changes:
        _move_into(tmp_path_factory.mktemp("home"), changes)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder with a git identity; nothing of the user's own reaches a test."""
    return _move_into(tmp_path_factory.mktemp("home"), monkeypatch)


def _move_into(folder: Path, changes: pytest.MonkeyPatch) -> Path:
    for name in tuple(os.environ):
        if name.startswith(OTHERS):
            changes.delenv(name)
    changes.setenv("HOME", str(folder))
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        changes.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
    (folder / ".gitconfig").write_text(GIT_CONFIG)
    # What a test kills leaves its temporary files where the other files of tests are.
    (folder / "tmp").mkdir()
    changes.setenv("TMPDIR", str(folder / "tmp"))
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """The top folder of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def mini_source() -> Path:
    """The miniature kernel as it lies in the project; read only."""
    return PROJECT / "kernel-fixtures" / "mini"


@pytest.fixture(scope="session")
def _mini_template(mini_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("template") / "linux"
    shutil.copytree(mini_source, tree)
    when = "2024-01-01T00:00:00+00:00"
    env = {
        "HOME": str(tree.parent),
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    (tree.parent / ".gitconfig").write_text(GIT_CONFIG)
    for args in (
        ("init", "-q"),
        ("add", "-A", "-f"),
        ("commit", "-q", "-m", "Import the miniature kernel"),
        ("repack", "-q", "-a", "-d"),
    ):
        _git(tree, args, env)
    return tree


@pytest.fixture
def mini(_mini_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the miniature kernel in git, with one commit on `main`."""
    tree = tmp_path / "linux"
    shutil.copytree(_mini_template, tree, symlinks=True)
    # The copies have other inodes than the index knows; git would rewrite it at the first look.
    _git(tree, ("update-index", "-q", "--refresh"), os.environ)
    return tree


@pytest.fixture
def take_snapshot() -> Callable[[Path], Snapshot]:
    """`take_snapshot(checkout)`: what the tool must leave as it is, to compare before and after."""
    return snapshot


def _git(tree: Path, args: Sequence[str], env: os._Environ[str] | dict[str, str]) -> None:
    subprocess.run(["git", "-C", str(tree), *args], env=env, check=True, capture_output=True)
