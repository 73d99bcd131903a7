# SPDX-License-Identifier: GPL-2.0-only
"""A real kernel in git for the tests, made once from Debian's tarball.

    python -m scripts.kernel_tree 6.1 6.12      prints the folder of each

The folders are below $XDG_CACHE_HOME/gup-migrate/kernels, safe to delete, and made anew when the
tarball has changed or when they are damaged. Nobody may write into them: work in a clone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.base import codec, packages
from migrate.base.errors import Refusal
from migrate.base.programs import process
from migrate.base.stores.git import git_output, git_run

TARBALLS = Path("/usr/src")
_UNPACK_SECONDS = 600.0
_BRANCH = "main"
_CHECKED = ("Makefile", "MAINTAINERS", "mm/gup.c", "include/linux/mm.h")
_WHEN = "2024-01-01T00:00:00+00:00"
# The same everywhere, so that the same tarball gives the same commit id.
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Kernel import",
    "GIT_AUTHOR_EMAIL": "import@example.org",
    "GIT_AUTHOR_DATE": _WHEN,
    "GIT_COMMITTER_NAME": "Kernel import",
    "GIT_COMMITTER_EMAIL": "import@example.org",
    "GIT_COMMITTER_DATE": _WHEN,
}
# One pack instead of 80,000 files: git streams files above this size, in bytes, into a pack.
_INTO_A_PACK = ("-c", "core.bigFileThreshold=1", "-c", "core.compression=1")


@dataclass(frozen=True)
class Stamp:
    """What a finished tree was made of; lies beside it as `linux-VERSION.json`."""

    tarball: str
    sha256: str
    commit: str
    files: int


def installed(tarballs: Path = TARBALLS) -> list[str]:
    """The versions whose tarball is there, the oldest first."""
    names = (path.name for path in tarballs.glob("linux-source-*.tar.xz"))
    found = (re.fullmatch(r"linux-source-(\d+)\.(\d+)\.tar\.xz", name) for name in names)
    versions = sorted((int(match[1]), int(match[2])) for match in found if match)
    return [f"{major}.{minor}" for major, minor in versions]


def cache_folder() -> Path:
    """The folder of all trees, below the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "gup-migrate" / "kernels"


def kernel_tree(version: str, *, tarballs: Path = TARBALLS, cache: Path | None = None) -> Path:
    """The git checkout of `version` ("6.1"), made when it is missing, outdated or damaged.

    Raises :class:`Refusal` when Debian's tarball is not installed or cannot be unpacked.
    """
    tarball = tarballs / f"linux-source-{version}.tar.xz"
    if not tarball.is_file():
        raise Refusal(f"{tarball} is missing.", packages.install(f"linux-source-{version}"))
    folder = cache or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / f"linux-{version}"
    with _locked(folder / f"linux-{version}.lock"):
        if not _is_sound(tree, _digest(tarball)):
            _make(tree, tarball)
    return tree


def _stamp_path(tree: Path) -> Path:
    return tree.with_name(tree.name + ".json")


def _digest(tarball: Path) -> str:
    with tarball.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _is_sound(tree: Path, digest: str) -> bool:
    """Whether `tree` is what its stamp says: commit, every tree object, a few blobs, all files."""
    try:
        stamp = codec.loads(_stamp_path(tree).read_text(encoding="utf-8"), Stamp)
    except (OSError, ValueError):
        return False
    if stamp.sha256 != digest or not (tree / ".git").is_dir():
        return False
    try:
        head = git_output(["rev-parse", "HEAD"], cwd=tree).decode().strip()
        listed = git_output(["ls-tree", "-rz", "--name-only", "HEAD"], cwd=tree)
        for path in _CHECKED:
            git_output(["cat-file", "blob", f"HEAD:{path}"], cwd=tree)
    except Refusal:
        return False
    unchanged = git_run(["diff-files", "--quiet"], cwd=tree)
    return (
        head == stamp.commit
        and listed.count(b"\0") == stamp.files
        and isinstance(unchanged, process.Finished)
        and unchanged.ok
    )


def _make(tree: Path, tarball: Path) -> None:
    """Unpack and commit under another name, then put the result in place."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{tree.name}-", dir=tree.parent))
    try:
        fresh = _unpack(tarball, scratch)
        stamp = Stamp(tarball.name, _digest(tarball), *_commit(fresh, tree.name))
        _stamp_path(tree).unlink(missing_ok=True)
        if tree.exists():
            tree.rename(scratch / "old")
        fresh.rename(tree)
        codec.write(_stamp_path(tree), stamp)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack(tarball: Path, scratch: Path) -> Path:
    """The one folder in `tarball`, unpacked below `scratch`."""
    outcome = process.run(
        ["tar", "--no-same-owner", "-xf", str(tarball)], cwd=scratch, timeout=_UNPACK_SECONDS
    )
    folders = [path for path in scratch.iterdir() if path.is_dir()]
    if not isinstance(outcome, process.Finished) or not outcome.ok or len(folders) != 1:
        raise Refusal(
            f"{tarball} cannot be unpacked: {process.describe(outcome)}",
            "Look at the disk space, then apt-get install --reinstall the package.",
        )
    return folders[0]


def _commit(fresh: Path, name: str) -> tuple[str, int]:
    """Put `fresh` into git; the commit's id and the number of its files."""
    git_output(["init", "-q", "-b", _BRANCH], cwd=fresh)
    for key, value in (("gc.auto", "0"), ("core.autocrlf", "false"), ("core.fileMode", "true")):
        git_output(["config", key, value], cwd=fresh)
    # Debian's tarball ignores everything in its .gitignore, hence -f.
    git_output([*_INTO_A_PACK, "add", "-A", "-f"], cwd=fresh)
    git_output(["commit", "-q", "-m", f"Import {name}"], cwd=fresh, env=_IDENTITY)
    commit = git_output(["rev-parse", "HEAD"], cwd=fresh).decode().strip()
    listed = git_output(["ls-tree", "-rz", "--name-only", "HEAD"], cwd=fresh)
    return commit, listed.count(b"\0")


def main(versions: list[str]) -> int:
    """Make and name the tree of each version; 1 when one is not to be had."""
    for version in versions or ["6.1"]:
        try:
            print(kernel_tree(version))
        except Refusal as refusal:
            print(refusal.what, refusal.next_step, sep="\n", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
