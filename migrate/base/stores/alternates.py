# SPDX-License-Identifier: GPL-2.0-only
"""A repository of the tool's own that borrows the user's objects and never writes to them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from migrate.base.programs.process import Finished
from migrate.base.stores.git import git_output, git_run

# Settings that would make the work tree differ from the commit, or change anything else.
_CONFIG = {
    "core.autocrlf": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.hooksPath": "/dev/null",
    "core.sparseCheckout": "false",
    "core.logAllRefUpdates": "false",
    "core.symlinks": "true",
    "core.fileMode": "true",
    "gc.auto": "0",
    "advice.detachedHead": "false",
}
_LOCKS = ("index.lock", "HEAD.lock", "config.lock", "shallow.lock", "packed-refs.lock")


def borrow(checkout: Path, directory: Path) -> Path:
    """Make `directory` a repository that sees every object of `checkout`, or repair it.

    The work tree stays empty until :func:`check_out`. Parts that git cannot use any more are
    removed and made again: nothing in it is the only copy of anything.
    """
    if directory.exists() and (_torn(directory / ".git") or not _usable(directory)):
        shutil.rmtree(directory)
    if not directory.exists():
        _create(checkout, directory)
    for lock in _LOCKS:
        (directory / ".git" / lock).unlink(missing_ok=True)
    for lock_file in (directory / ".git" / "refs").rglob("*.lock"):
        lock_file.unlink(missing_ok=True)
    _link(checkout, directory / ".git")
    return directory


def check_out(directory: Path, commit: str) -> None:
    """Make the work tree and the index of `directory` those of `commit`, byte for byte.

    Files that are right already keep their time stamps, so that make does not rebuild them.
    """
    index = directory / ".git" / "index"
    forced = git_run(["checkout", "-q", "-f", "--detach", commit], cwd=directory)
    if not (isinstance(forced, Finished) and forced.ok):
        index.unlink(missing_ok=True)
        git_output(["checkout", "-q", "-f", "--detach", commit], cwd=directory)
    git_output(["clean", "-ffdxq"], cwd=directory)


def _usable(directory: Path) -> bool:
    """Whether git sees a repository whose top is `directory`, not one further up."""
    found = git_run(["rev-parse", "--show-toplevel"], cwd=directory)
    return (
        isinstance(found, Finished)
        and found.ok
        and Path(found.stdout.decode("utf-8", "surrogateescape").rstrip("\n")).resolve()
        == directory.resolve()
    )


def _torn(git_folder: Path) -> bool:
    """Whether a power failure left an object or a ref empty, which git cannot repair."""
    files = (p for part in ("objects/??", "refs") for p in git_folder.glob(f"{part}/**/*"))
    return any(
        p.stat().st_size == 0 for p in files if p.is_file() and not p.name.startswith("tmp_")
    )


def _create(checkout: Path, directory: Path) -> None:
    scratch = directory.with_name(directory.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    hashes = _text(["rev-parse", "--show-object-format"], checkout)
    git_output(["init", "-q", "--template=", f"--object-format={hashes}", "."], cwd=scratch)
    for key, value in _CONFIG.items():
        git_output(["config", key, value], cwd=scratch)
    scratch.replace(directory)


def _link(checkout: Path, git_folder: Path) -> None:
    """Set up the alternates file; copy the user's shallow boundary, if there is one."""
    objects = (checkout / _text(["rev-parse", "--git-path", "objects"], checkout)).resolve()
    alternates = git_folder / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_bytes(_quoted(os.fsencode(objects)) + b"\n")
    shallow = checkout / _text(["rev-parse", "--git-path", "shallow"], checkout)
    if shallow.is_file():
        (git_folder / "shallow").write_bytes(shallow.read_bytes())
    else:
        (git_folder / "shallow").unlink(missing_ok=True)


def _quoted(path: bytes) -> bytes:
    """As a line of the alternates file, where a quote, a hash and a newline have a meaning."""
    if b"\n" not in path and not path.startswith((b'"', b"#")):
        return path
    special = {ord("\n"): b"\\n", ord('"'): b'\\"', ord("\\"): b"\\\\"}
    return b'"' + b"".join(special.get(byte, bytes([byte])) for byte in path) + b'"'


def _text(args: list[str], cwd: Path) -> str:
    return git_output(args, cwd=cwd).decode("utf-8", "surrogateescape").strip("\n")
