# SPDX-License-Identifier: GPL-2.0-only
"""The scratch copy: what make sees of going from one state to another."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from migrate.delivery.proof.scratch.source import open_source
from tests.snapshots import Snapshot


def head(repository: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"], check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def test_only_what_differs_is_touched_and_the_checkout_is_not(
    mini: Path, tmp_path: Path, take_snapshot: Callable[[Path], Snapshot]
) -> None:
    before = take_snapshot(mini)
    source = open_source(mini, tmp_path / "proof/source")
    base = head(mini)
    source.switch(base)
    same, changed = source.folder / "mm/gup.c", source.folder / "mm/swap.c"
    then = same.stat().st_mtime_ns, changed.stat().st_mtime_ns
    other = source.commit(base, {"mm/swap.c": b"int other;\n", "mm/new.c": b"int new;\n"})
    assert changed.stat().st_mtime_ns == then[1], "a commit alone checks nothing out"
    source.switch(other)
    assert changed.read_bytes() == b"int other;\n"
    assert (source.folder / "mm/new.c").read_bytes() == b"int new;\n"
    assert same.stat().st_mtime_ns == then[0]
    source.switch(base)
    assert not (source.folder / "mm/new.c").exists()
    assert take_snapshot(mini) == before


def test_the_same_files_are_the_same_commit(mini: Path, tmp_path: Path) -> None:
    source = open_source(mini, tmp_path / "source")
    files = {"mm/new.c": b"int new;\n"}
    first = source.commit(head(mini), files)
    assert source.commit(head(mini), files) == first
    assert source.tree(first).read("mm/new.c") == b"int new;\n"
