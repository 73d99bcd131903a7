# SPDX-License-Identifier: GPL-2.0-only
"""Making a kernel's git tree from a tarball: once, the same everywhere, anew when damaged."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from scripts.kernel_tree import installed, kernel_tree


def git(tree: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(tree), *args], check=True, capture_output=True)
    return done.stdout.decode().strip()


def write_tarball(folder: Path, text: str) -> None:
    """A tarball like Debian's: one folder, and a .gitignore that ignores everything."""
    source = folder / "linux-source-9.9"
    for path, contents in {
        ".gitignore": "/*\n",
        "Makefile": "VERSION = 9\n",
        "MAINTAINERS": "THE REST\n",
        "mm/gup.c": text,
        "include/linux/mm.h": "long get_user_pages(void);\n",
    }.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(contents)
    (source / "scripts").mkdir(exist_ok=True)
    (source / "scripts/run").write_text("#!/bin/sh\n")
    (source / "scripts/run").chmod(0o755)
    # Not packed, whatever its name: tar looks at the contents, and xz may not be installed.
    tarball = str(folder / "linux-source-9.9.tar.xz")
    subprocess.run(["tar", "-C", str(folder), "-cf", tarball, source.name], check=True)


@pytest.fixture
def tarballs(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    write_tarball(folder, "int gup;\n")
    return folder


@pytest.fixture
def make(tarballs: Path, tmp_path: Path) -> Callable[[], Path]:
    return lambda: kernel_tree("9.9", tarballs=tarballs, cache=tmp_path / "cache")


def test_every_file_is_committed_whatever_is_ignored(make: Callable[[], Path]) -> None:
    tree = make()
    listed = git(tree, "ls-tree", "-r", "HEAD")
    assert {line.split("\t")[1] for line in listed.splitlines()} == {
        *(".gitignore", "MAINTAINERS", "Makefile"),
        *("include/linux/mm.h", "mm/gup.c", "scripts/run"),
    }
    assert "100755 blob" in listed
    assert git(tree, "status", "--porcelain") == ""


def test_the_commit_is_the_same_everywhere(
    make: Callable[[], Path], tarballs: Path, tmp_path: Path
) -> None:
    other = kernel_tree("9.9", tarballs=tarballs, cache=tmp_path / "other")
    assert git(make(), "rev-parse", "HEAD") == git(other, "rev-parse", "HEAD")


def test_a_sound_tree_is_left_alone(make: Callable[[], Path]) -> None:
    first = make()
    made = (first / ".git").stat().st_ino
    assert make() == first
    assert (first / ".git").stat().st_ino == made


def damage_stamp(tree: Path) -> None:
    tree.with_name(tree.name + ".json").write_text("{")


def damage_head(tree: Path) -> None:
    git(tree, "commit", "-q", "--allow-empty", "-m", "mine")


def damage_file(tree: Path) -> None:
    (tree / "Makefile").write_text("VERSION = 10\n")


def damage_missing_file(tree: Path) -> None:
    (tree / "mm/gup.c").unlink()


def damage_objects(tree: Path) -> None:
    for found in (tree / ".git/objects").rglob("*"):
        if found.is_file():
            found.chmod(0o644)
            found.write_bytes(b"")


def damage_repository(tree: Path) -> None:
    (tree / ".git").rename(tree / "git")


@pytest.mark.parametrize(
    "damage",
    [
        damage_stamp,
        damage_head,
        damage_file,
        damage_missing_file,
        damage_objects,
        damage_repository,
    ],
)
def test_a_damaged_tree_is_made_anew(
    make: Callable[[], Path], damage: Callable[[Path], None]
) -> None:
    tree = make()
    commit = git(tree, "rev-parse", "HEAD")
    damage(tree)
    assert make() == tree
    assert git(tree, "rev-parse", "HEAD") == commit
    assert git(tree, "status", "--porcelain") == ""
    assert (tree / "mm/gup.c").read_text() == "int gup;\n"
    left = {path.name for path in tree.parent.iterdir()}
    assert left == {"linux-9.9", "linux-9.9.json", "linux-9.9.lock"}


def test_another_tarball_is_another_tree(make: Callable[[], Path], tarballs: Path) -> None:
    make()
    write_tarball(tarballs, "int newer;\n")
    assert (make() / "mm/gup.c").read_text() == "int newer;\n"


def test_a_missing_tarball_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        kernel_tree("9.9", tarballs=tmp_path, cache=tmp_path / "cache")
    assert refused.value.next_step == "apt-get install linux-source-9.9"


def test_a_broken_tarball_leaves_nothing_behind(make: Callable[[], Path], tarballs: Path) -> None:
    (tarballs / "linux-source-9.9.tar.xz").write_bytes(b"not a tarball")
    with pytest.raises(Refusal, match="cannot be unpacked"):
        make()
    assert {p.name for p in (tarballs.parent / "cache").iterdir()} == {"linux-9.9.lock"}


def test_versions_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    names = ("linux-source-6.12.tar.xz", "linux-source-6.1.tar.xz", "linux-source-5.10.tar.xz")
    for name in (*names, "linux-source-6.8.0.tar.bz2", "linux-source-6.1", "other.tar.xz"):
        (tmp_path / name).touch()
    assert installed(tmp_path) == ["5.10", "6.1", "6.12"]
